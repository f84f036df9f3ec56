import type { Text } from "../public/text.ts";

const about = {
  about: {
    title: "About OneAI",
    description: "Why OneAI exists, and what it promises to the people who use it.",
    sections: [
      {
        paragraphs: [
          "OneAI began with a plain wish: to ask several models the same question without several subscriptions, and to find the answers again a month later.",
        ],
      },
      {
        heading: "What we hold ourselves to",
        paragraphs: [
          "Exact numbers. What you have used, what is held, and what an answer cost are counted once, in one place, and agree everywhere you see them.",
          "Nothing lost. An answer that was begun is finished or says why not. A version that you left is still there. A conversation that you delete is gone.",
          "Open doors. Everything you write here leaves with you as JSON and markdown whenever you want, and what you wrote elsewhere can come in.",
          "Quiet pages. No advertising, no tracking, no script of anybody else. The page you read loads less than many a picture does.",
        ],
      },
      {
        heading: "For builders",
        paragraphs: [
          "The same models answer your programs: OneAI speaks the API that OpenAI’s libraries speak. Make a key in the settings, with limits of its own, and change one address.",
        ],
      },
    ],
  } as Text,
  blog: { title: "Blog", description: "What is new in OneAI, and why it is built as it is." },
};

export type About = typeof about;
export default about;
