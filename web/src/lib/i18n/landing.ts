import { messages } from "./language.ts";

const english = {
  title: "One chat over many AI models",
  description:
    "Ask the models of many makers in one place, compare their answers side by side, go back to every version, and see what each answer cost.",
  headline: "Ask every model. Keep every answer.",
  lead: "OneAI is one calm place for the models of OpenAI, Anthropic, Google, Meta and others. Compare what they say, go back to any version, and see to the cent what an answer cost.",
  seePrices: "See prices",
  free: "Free to begin. No card needed.",
  demo: {
    label:
      "A conversation in OneAI: a question about monsoon rain, the second of three versions of the answer with a small table, and its cost",
    title: "Rain on the roof",
    question: "How much rainwater can I collect from a 60 m² roof in Pune?",
    model: "Claude Sonnet",
    answer: "In a normal year, about 36,000 litres. Most of it falls in four months:",
    months: ["June", "July", "August", "September"],
    litres: ["6,100 l", "10,300 l", "7,400 l", "5,900 l"],
    rest: "A tank of 5,000 litres that you use daily catches nearly all of it.",
    version: "2 / 3",
    cost: "$0.0041",
    quota: "82 of 100 left",
    message: "Message",
  },
  compareTitle: "Two models, one question",
  compareText:
    "Put two to four models side by side. They answer at the same time, you keep the one you like, and the conversation goes on from there. The others are not lost.",
  compare: {
    label: "Two answers side by side, one of them chosen",
    question: "Name a bakery that opens at five.",
    first: "Early Crumb",
    second: "Five O’Clock Flour",
    keep: "Keep this answer",
    chosen: "Kept",
  },
  branchTitle: "Nothing you tried is gone",
  branchText:
    "Edit a question or ask for another answer as often as you like. Each attempt stays as a version, with everything that followed it, and one press brings it back.",
  branch: {
    label: "A question with two versions; each has answers of its own",
    root: "Plan three days in Hampi",
    first: "by bicycle",
    second: "with my parents",
    shown: "shown now",
    kept: "one press away",
  },
  costTitle: "You see what you pay for",
  costText:
    "Every answer has a receipt: which model was asked, which one answered, the tokens in and out, the cost. Expensive questions tell you before they are sent.",
  cost: {
    label: "The receipt of an answer",
    heading: "Receipt",
    rows: [
      ["Model", "Claude Sonnet"],
      ["Tokens read", "1,204"],
      ["Tokens written", "362"],
      ["Cost", "$0.0041"],
      ["Charged", "1 large answer"],
    ],
  },
  moreTitle: "Made for long days with long conversations",
  more: [
    ["Close the lid", "An answer goes on while you are away, offline or asleep. It is there when you come back."],
    ["Stop means stop", "What was written stays, and nothing more is charged."],
    ["Find it again", "Search looks through every message and every version, forgives typos, and opens at the line."],
    ["Share a link", "As it is now or as it grows, with an end date. Close it whenever you like."],
    ["Take it with you", "Export everything as JSON and markdown. Bring your ChatGPT and Claude history."],
    ["Yours alone", "Pictures in answers cannot call home. Delete a conversation and it is gone."],
  ],
  modelsTitle: "Choose the model, not the subscription",
  modelsText: (count: number) => `${count} models on offer now, priced by their makers and updated every day.`,
  pricesTitle: "Begin free, pay when you need more",
  allPrices: "Compare the plans",
  endTitle: "Ask your first question",
  endText: "It takes a minute: an address, a password, and you are in.",
};

export type Landing = typeof english;
export const landing = messages(english, { hi: () => import("./hi/landing.ts") });
