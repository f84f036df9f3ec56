import type { Text } from "../public/text.ts";

/** Pages of the documentation, by the last part of their addresses. */
const guides = {
  "getting-started": {
    title: "Getting started",
    description: "From the first question to a shared link, in five minutes.",
    sections: [
      {
        paragraphs: [
          "Create an account with an e-mail address, or with Google or GitHub. The free plan needs no card.",
        ],
      },
      {
        heading: "Ask",
        paragraphs: [
          "Write into the box at the bottom and press Enter; Shift and Enter begin a new line. The model stands at the top of the page; press its name to choose another.",
          "Drop files and pictures into the window to send them along. A long text that you paste becomes a file by itself.",
        ],
      },
      {
        heading: "Try again, compare, go back",
        paragraphs: [
          "Point at a message to edit it, to ask for another answer, or to see its receipt. Versions stay; the arrows beside “2 of 3” go between them.",
          "Press Ctrl and K, or ⌘ and K, to search everything. Press the question mark for all keyboard shortcuts.",
        ],
      },
    ],
  },
  api: {
    title: "The API",
    description: "Use OneAI from your programs, with the libraries you know.",
    sections: [
      {
        paragraphs: [
          "Make a key under Settings, Keys. It is shown once. A key can be limited to models, to an amount of money, to addresses and to a time.",
        ],
      },
      {
        heading: "With OpenAI’s libraries",
        paragraphs: [
          "Set the base URL to this site’s address followed by /v1, and the key to yours. Chat completions, responses, embeddings and the list of models work as you know them.",
        ],
      },
      {
        heading: "Everything else",
        paragraphs: [
          "What these pages do, your program can do: conversations, search, usage, exports. The whole API is described in OpenAPI at /api/openapi.json.",
        ],
      },
    ],
  },
} satisfies Record<string, Text>;

export type Guide = keyof typeof guides;
export type Guides = Record<Guide, Text>;
export default guides as Guides;
