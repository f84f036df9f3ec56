import type { Operator, Text } from "./text.ts";
import { messages } from "./language.ts";

const english = {
  sample:
    "This text is a sample. Whoever runs this site replaces it with one that fits their business and their law before they open it to people.",
  version: (date: string) => `Version of ${date}`,
  operator: "the operator of this site",
  address: "the address in the imprint",
  email: "the address in the imprint",
  privacy: ({ name, address, email }: Operator): Text => ({
    title: "Privacy",
    description: "What OneAI knows about you, why, who else sees it, and how you take it away.",
    sections: [
      {
        paragraphs: [`${name} runs this service and answers for your data. Write to ${email}, or to ${address}.`],
      },
      {
        heading: "What is stored",
        paragraphs: [
          "Your e-mail address, and the name and picture that you or your sign-in provider gave. Your conversations with all their versions, the files you sent along, and your preferences.",
          "For each answer: the model, the number of tokens, the cost, and when it was written. This is how your quota and your receipts are computed.",
          "If you pay: your plan, your billing details, and the numbers of payments. Card and bank details are entered at Razorpay and never reach us.",
        ],
      },
      {
        heading: "Who else sees it",
        paragraphs: [
          "The text of a question, with the conversation before it, goes through OpenRouter to the maker of the model you chose. Nothing else about you goes with it.",
          "Supabase keeps accounts and the database, Amazon Web Services runs the service, Razorpay takes payments. There is no advertising, no tracking and no script of anybody else on these pages, but for Razorpay’s own on the page where you pay.",
        ],
      },
      {
        heading: "Your rights",
        paragraphs: [
          "You can see, correct, export and delete everything in the settings, without asking anybody. A deleted account can be restored for fourteen days, and is gone after that.",
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
          "You ask questions, and models of several makers answer. Answers can be wrong. Check what matters before you act on it.",
          "Your questions and the answers you get are yours. You give us no more than what is needed to show them to you and to whom you share them with.",
        ],
      },
      {
        heading: "What is not allowed",
        paragraphs: [
          "What is against the law, what harms others, and what tries to break the service or to get around its limits. Accounts that do so can be suspended; you are told why.",
        ],
      },
      {
        heading: "Plans and payment",
        paragraphs: [
          "A subscription renews at the end of each period until you cancel it. You can cancel at any time; within seven days of a payment the unused part is paid back.",
          "Prices can change for the periods after the one you have paid for. You are told at least thirty days before.",
        ],
      },
      {
        heading: "When something goes wrong",
        paragraphs: [
          "An answer that fails costs you nothing. We are liable as the law says, and not beyond what you paid in the last twelve months where the law leaves us the choice.",
        ],
      },
    ],
  }),
};

export type Legal = typeof english;
export const legal = messages(english, { hi: () => import("./hi/legal.ts") });
