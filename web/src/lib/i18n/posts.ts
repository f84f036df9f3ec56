import type { Post } from "./text.ts";
import { messages } from "./language.ts";

/** By the last part of the address, the newest first. */
const english = {
  "an-answer-that-survives-a-tunnel": {
    title: "An answer that survives a tunnel",
    description: "You ask, the train enters a tunnel, the answer is there when you come out. What happens in between.",
    date: "2026-11-16",
    sections: [
      {
        paragraphs: [
          "Streaming makes a chat feel alive: words arrive while the model is still writing. It also ties the answer to a connection, and connections on a phone break all the time.",
        ],
      },
      {
        heading: "The answer doesn’t belong to the connection",
        paragraphs: [
          "In OneAI a question starts its own job. The stream to your screen only listens to it. When the listener goes away, the job continues and saves its text every second.",
          "The page chooses the ID of an answer before it sends the question. Even if the first byte of the reply is lost, the page knows what to ask for when it is back.",
        ],
      },
      {
        heading: "Continuing at the right letter",
        paragraphs: [
          "Each piece of text carries its position. After the tunnel the page says how far it got and receives the rest: nothing twice, nothing missing. The same happens when you reload, open a second tab, or close your laptop over lunch.",
          "If you press Stop, it stops. The text so far stays, and you pay for nothing more.",
        ],
      },
    ],
  },
  "why-every-version-stays": {
    title: "Why every version stays",
    description: "Most chat apps forget what you replace. Here a chat is a tree, and you see one branch of it.",
    date: "2026-11-09",
    sections: [
      {
        paragraphs: [
          "You correct a typo in a question from this morning, and everything after it disappears. Anyone who uses chat apps for long has lost something this way.",
        ],
      },
      {
        heading: "A tree, not a list",
        paragraphs: [
          "In OneAI an edit creates a second version of the question beside the first. Both keep their own answers and everything that followed. The page shows one branch. The small numbers, 2 of 3, show that there are others.",
          "Going back takes one click. It brings back the whole branch, not just one message.",
        ],
      },
      {
        heading: "What it costs to try",
        paragraphs: [
          "You see the cost of each version, and of the branch that follows it. Trying again is often cheaper than people think. When it isn’t, you see that too.",
          "Search covers hidden branches too. The idea from your second attempt is still there, one click away.",
        ],
      },
    ],
  },
  "counting-to-the-cent": {
    title: "Counting to the cent",
    description: "How a quota stays exact while answers are still being written, and why failures cost you nothing.",
    date: "2026-11-02",
    sections: [
      {
        paragraphs: [
          "A quota sounds simple: count answers, stop at the limit. It stops being simple when three tabs ask at the same moment and only one answer is left.",
        ],
      },
      {
        heading: "Hold first, settle later",
        paragraphs: [
          "Before a question is sent, OneAI checks the limit and holds one unit in the same step. Two questions can never hold the same unit. A finished answer uses the unit. A failed answer returns it.",
          "That is why the number below the message box has two parts while you wait: units used and units held.",
        ],
      },
      {
        heading: "A receipt for each answer",
        paragraphs: [
          "The receipt shows the model you asked, the model that answered, the tokens read and written, the cost, and the price list behind it. If the provider corrects a number days later, the receipt shows that too.",
          "When you run out, OneAI shows your options: which models you can still ask, when your quota resets, and which plan has more.",
        ],
      },
    ],
  },
} satisfies Record<string, Post>;

export type Slug = keyof typeof english;
export type Posts = Record<Slug, Post>;
export const posts = messages(english as Posts, { hi: () => import("./hi/posts.ts") });
