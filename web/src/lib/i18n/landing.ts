import { messages } from "./language.ts";

const english = {
  title: "One chat over many AI models",
  description: "Compare the answers of many AI models, go back to any version, and see what each one costs.",
  headline: "Ask every model. Keep every answer.",
  lead: "The models of OpenAI, Anthropic, Google, Meta and others in one place. Compare answers, go back to any version, and see what each one costs.",
  seePrices: "See prices",
  free: "Free to start. No card needed.",
  demo: {
    label: "A chat about monsoon rain: the second of three versions of an answer, with a table and its cost",
    title: "Rain on the roof",
    question: "How much rainwater can I collect from a 60 m² roof in Pune?",
    model: "Claude Sonnet",
    answer: "In a normal year, about 36,000 litres. Most of it falls in four months:",
    months: ["June", "July", "August", "September"],
    litres: ["6,100 l", "10,300 l", "7,400 l", "5,900 l"],
    rest: "A tank of 5,000 litres that you use daily catches nearly all of it.",
    version: "2 / 3",
    cost: "$0.0041",
    quota: "18 of 100 used",
    message: "Message",
  },
  compareTitle: "Two models, one question",
  compareText: "Put two to four models side by side. Keep the answer you like and continue from there.",
  compare: {
    label: "Two answers side by side, one of them chosen",
    question: "Name a bakery that opens at five.",
    first: "Early Crumb",
    second: "Five O’Clock Flour",
    keep: "Keep this answer",
    chosen: "Kept",
  },
  branchTitle: "Every version is saved",
  branchText:
    "Edit a question or ask again as often as you like. Each attempt stays, with all that followed. One click brings it back.",
  branch: {
    label: "A question with two versions; each has answers of its own",
    root: "Plan three days in Hampi",
    first: "by bicycle",
    second: "with my parents",
    shown: "shown now",
    kept: "one click away",
  },
  costTitle: "You see what you pay for",
  costText:
    "Every answer has a receipt: the model you asked, the model that answered, the tokens and the cost. You see an expensive question’s price first.",
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
  moreTitle: "Made for long days and long chats",
  more: [
    ["Close the lid", "Answers continue while you are away or offline."],
    ["Stop means stop", "The text so far stays, and you pay for nothing more."],
    ["Find it again", "Search covers every message and version, forgives typos, and opens at the right line."],
    ["Share a link", "A snapshot or live, until you close it."],
    ["Take it with you", "Export everything as JSON and Markdown. Bring your ChatGPT and Claude history."],
    ["Yours alone", "Images in answers can’t track you. A chat you delete is erased."],
  ],
  modelsTitle: "Choose the model, not the subscription",
  modelsText: (count: number) => `${count} models available now, at their makers’ prices, updated every day.`,
  pricesTitle: "Start free, pay when you need more",
  allPrices: "Compare plans",
  endTitle: "Ask your first question",
  endText: "It takes a minute and an email address.",
};

export type Landing = typeof english;
export const landing = messages(english, { hi: () => import("./hi/landing.ts") });
