import type { Operator, Text } from "./text.ts";
import { messages } from "./language.ts";

const english = {
  sample:
    "This text is a sample. The operator of this site replaces it before launch with a text that fits their business and their law.",
  version: (date: string) => `Version of ${date}`,
  operator: "the operator of this site",
  address: "the address in the imprint",
  email: "the address in the imprint",
  privacy: ({ name, address, email }: Operator): Text => ({
    title: "Privacy",
    description: "What OneAI knows about you, why, who else sees it, and how to delete it.",
    sections: [
      {
        paragraphs: [
          `${name} runs this service and is responsible for your data. Write to ${email}, or to ${address}.`,
        ],
      },
      {
        heading: "What is stored",
        paragraphs: [
          "Your email address, and the name and picture from you or your sign-in provider. Your chats with all their versions, the files you attached, and your preferences.",
          "For each answer: the model, the number of tokens, the cost, and when it was written. Your quota and your receipts are computed from this.",
          "If you pay: your plan, your billing details, and the IDs of your payments. You enter card and bank details at Razorpay. They never reach us.",
        ],
      },
      {
        heading: "Who else sees it",
        paragraphs: [
          "The text of a question, with the chat before it, goes through OpenRouter to the company that runs the model you chose. We send nothing else about you.",
          "Supabase stores accounts and the database, Amazon Web Services runs the service, and Razorpay takes payments. If you pay, it gets your email address, and with the automatic recharge of credits also the id of your workspace. These pages have no advertising, no tracking and no third-party scripts, except for Razorpay’s on the page where you pay.",
        ],
      },
      {
        heading: "Your rights",
        paragraphs: [
          "You can see, correct, export and delete everything in Settings. You can restore a deleted account for fourteen days. After that, it is erased.",
        ],
      },
    ],
  }),
  terms: ({ name, address, email }: Operator): Text => ({
    title: "Terms",
    description: "What you and the operator of OneAI can rely on.",
    sections: [
      { paragraphs: [`These terms are between you and ${name}, ${address}. Questions: ${email}.`] },
      {
        heading: "The service",
        paragraphs: [
          "You ask questions, and models from several companies answer. Answers can be wrong. Check what matters before you act on it.",
          "Your questions and the answers you get are yours. You give us only the rights we need to show them to you and to the people you share them with.",
        ],
      },
      {
        heading: "What is not allowed",
        paragraphs: [
          "Do not break the law, harm others, attack the service or get around its limits. We can suspend accounts that do. We tell you why.",
        ],
      },
      {
        heading: "Plans and payment",
        paragraphs: [
          "A subscription renews at the end of each period until you cancel it. You can cancel at any time. Within seven days of a payment we refund the unused part.",
          "Prices can change for the periods after the one you paid for. We tell you at least thirty days before.",
        ],
      },
      {
        heading: "When something goes wrong",
        paragraphs: [
          "An answer that fails costs you nothing. We are liable as the law requires. Where the law allows it, our liability is limited to what you paid in the last twelve months.",
        ],
      },
    ],
  }),
};

export type Legal = typeof english;
export const legal = messages(english, { hi: () => import("./hi/legal.ts") });
