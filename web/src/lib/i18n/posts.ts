import type { Post } from "./text.ts";
import { messages } from "./language.ts";

/** By the last part of their addresses, the newest first. */
const english = {
  "an-answer-that-survives-a-tunnel": {
    title: "An answer that survives a tunnel",
    description: "You ask, the train enters a tunnel, the answer is there when you come out. What happens in between.",
    date: "2026-11-16",
    sections: [
      {
        paragraphs: [
          "Streaming makes a chat feel alive: words arrive while the model still thinks. It also ties the answer to a connection, and connections on a phone end all the time.",
        ],
      },
      {
        heading: "The answer does not belong to the connection",
        paragraphs: [
          "In OneAI a question starts a piece of work of its own. The stream to your screen only listens to it. When the listener goes away, the work goes on, and what is written is stored every second.",
          "The page chooses the number of an answer before it sends the question. So even if the very first byte of the reply is lost, the page knows what to ask for when it is back.",
        ],
      },
      {
        heading: "Going on at the right letter",
        paragraphs: [
          "Each piece of text carries its position. After the tunnel the page says how far it got, and receives the rest from there: nothing twice, nothing missing. It is the same when you reload, open a second tab, or close the lid over lunch.",
          "And if you press Stop, it stops: what is there stays, and nothing more is charged.",
        ],
      },
    ],
  },
  "why-every-version-stays": {
    title: "Why every version stays",
    description: "Most chats forget what you replaced. Here a conversation is a tree, and you see one branch of it.",
    date: "2026-11-09",
    sections: [
      {
        paragraphs: [
          "You correct a typo in a question from this morning, and everything after it is gone. Anyone who worked with a chat for long has lost something that way.",
        ],
      },
      {
        heading: "A tree, not a list",
        paragraphs: [
          "In OneAI an edit makes a second version of the question beside the first. Both keep their own answers and all that followed. The page shows one branch; the small numbers, 2 of 3, say that there are others.",
          "Going back is one press, and it brings back the whole branch, not only the one message.",
        ],
      },
      {
        heading: "What it costs to try",
        paragraphs: [
          "Each version knows what it cost, and so does the branch that hangs on it. Trying again is cheap more often than people think, and it is good to see when it is not.",
          "Search looks into hidden branches too. The idea from the second attempt is still in there, and one press away.",
        ],
      },
    ],
  },
  "counting-to-the-cent": {
    title: "Counting to the cent",
    description: "How a quota can be exact while answers are still being written, and why failures cost you nothing.",
    date: "2026-11-02",
    sections: [
      {
        paragraphs: [
          "A quota sounds simple: count answers, stop at the limit. It stops being simple when three tabs ask at the same moment and each of them is the last one allowed.",
        ],
      },
      {
        heading: "Hold first, settle later",
        paragraphs: [
          "Before a question leaves, one unit is held for it, in the same instant in which the limit is checked. Two questions can never hold the same unit. When the answer is finished the unit is used; when it fails the unit comes back.",
          "That is why the number below the message box has two parts while you wait: what is used, and what is held.",
        ],
      },
      {
        heading: "A receipt for each answer",
        paragraphs: [
          "The model you asked and the one that answered, the tokens read and written, the cost, the price list it was computed with: it is all on the receipt. If the maker of the model corrects a number days later, the receipt says that too.",
          "And when you run out, you are told what you can do now: which model still has room, when more is there, which plan has more.",
        ],
      },
    ],
  },
} satisfies Record<string, Post>;

export type Slug = keyof typeof english;
export type Posts = Record<Slug, Post>;
export const posts = messages(english as Posts, { hi: () => import("./hi/posts.ts") });
