import type { Text } from "./text.ts";
import { messages } from "./language.ts";

const english = {
  about: {
    title: "About OneAI",
    description: "Why OneAI exists, and what it promises to the people who use it.",
    sections: [
      {
        paragraphs: [
          "We built OneAI to ask several models the same question without several subscriptions, and to find the answers again a month later.",
        ],
      },
      {
        heading: "What we promise",
        paragraphs: [
          "Exact numbers. We count what you used, what is held and what each answer cost once, in one place. Every page shows the same numbers.",
          "Nothing lost. Every answer finishes or says why it did not. You can go back to every version. A conversation that you delete is erased.",
          "Open doors. Export everything as JSON and Markdown at any time, and import what you wrote elsewhere.",
          "Quiet pages. No advertising, no tracking, no third-party scripts. This page is smaller than many pictures.",
        ],
      },
      {
        heading: "For builders",
        paragraphs: [
          "The same models answer your programs: OneAI works with OpenAI’s libraries. Create a key in the settings, give it limits, and change one URL.",
        ],
      },
    ],
  } as Text,
  blog: { title: "Blog", description: "What is new in OneAI, and how it works." },
};

export type About = typeof english;
export const about = messages(english, { hi: () => import("./hi/about.ts") });
