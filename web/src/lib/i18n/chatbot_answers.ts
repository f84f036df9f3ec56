import { messages } from "./language.ts";

const english = {
  title: "Answers",
  lead: "Your own answers come before the documents. They take effect immediately.",
  find: "Search questions",
  add: "Add an answer",
  change: "Change the answer",
  changeOf: (question: string) => `Change: ${question}`,
  removeOf: (question: string) => `Delete: ${question}`,
  removeTitle: "Delete this answer?",
  removed: "The answer is deleted.",
  empty: "You have no answers of your own yet. Add one for a question that everyone asks.",
  none: "No questions match.",
  question: "Question",
  alternatives: "Other wordings",
  alternativesHint: "One per line.",
  answer: "Answer",
  importFile: "Import CSV",
  importTitle: "Import answers",
  importNow: "Import",
  importHint:
    "The first row names the columns question, answer and, if you like, alternatives, divided by |. Up to 1,000 rows.",
  imported: (count: number) => (count === 1 ? "1 answer imported." : `${count} answers imported.`),
  refusedRow: (line: string, column: string, problem: string) => `Line ${line}, ${column}: ${problem}`,
  more: (count: number) => `And ${count} more.`,
  columns: { question: "question", answer: "answer", alternatives: "alternatives" },
  codes: { required: "is missing", too_long: "is too long", too_many: "are too many" },
  wrongFile: "This file can’t be imported. Check its columns and its number of rows.",
  tooMany: "The chatbot has as many answers as it can have. Delete some first.",
};

export type ChatbotAnswers = typeof english;
export const chatbotAnswers = messages(english, { hi: () => import("./hi/chatbot_answers.ts") });
