import type { Text } from "./text.ts";
import { messages } from "./language.ts";

const english = {
  about: {
    title: "About OneAI",
    description: "Why OneAI exists, and what we promise the people who use it.",
    sections: [
      {
        paragraphs: [
          "We built OneAI to ask several models the same question without several subscriptions, and to find the answers again a month later.",
        ],
      },
      {
        heading: "What we promise",
        paragraphs: [
          "Exact numbers. What you used, what is held and what each answer cost are counted once, in one place. Every page shows the same numbers.",
          "Nothing lost. Every answer finishes or says why it didn’t. You can return to any version. A chat you delete is erased.",
          "Your data is portable. Export everything as JSON and Markdown at any time, and import what you wrote elsewhere.",
          "Quiet pages. No ads, no tracking, no third-party scripts. This page is lighter than most images.",
        ],
      },
      {
        heading: "For builders",
        paragraphs: [
          "Use the same models from your own programs: OneAI works with OpenAI’s libraries. Create a key in Settings, set its limits, and change one URL.",
        ],
      },
    ],
  } as Text,
  blog: { title: "Blog", description: "What is new in OneAI, and how it works." },
};

export type About = typeof english;
export const about = messages(english, { hi: () => import("./hi/about.ts") });
