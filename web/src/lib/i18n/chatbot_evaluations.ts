import { messages } from "./language.ts";

const english = {
  title: "Evaluations",
  lead: "Questions with what has to be in the answer. Run them before you publish, to see what got better or worse.",
  add: "Add a question",
  empty: "You have no questions yet. Begin with what visitors ask most, and with what the chatbot must not know.",
  question: "Question",
  contains: "The answer contains",
  containsHint: "One text per line.",
  containsNot: "The answer does not contain",
  unknown: "The chatbot must say that it does not know",
  checks: { contains: "contains", containsNot: "does not contain", sources: "from", unknown: "does not know" },
  removeOf: (question: string) => `Delete: ${question}`,
  removeTitle: "Delete this question?",
  results: "Results",
  draft: "Draft",
  published: (version: string) => `Version ${version}`,
  run: (name: string) => `Run: ${name}`,
  runTitle: (name: string) => `Run the questions: ${name}`,
  runNow: "Run",
  quote: (count: string, most: string) =>
    `${count} answers of your plan at most, which cost ${most} at most. What is not used is given back.`,
  notAllowed: "Your plan doesn’t have enough answers left for all questions.",
  progress: (done: string, total: string) => `${done} of ${total} answered`,
  cancel: "Cancel",
  passed: (count: string, total: string) => `${count} of ${total} passed`,
  cost: (amount: string) => `Cost: ${amount}`,
  outdated: "The draft was changed since.",
  never: "Not run yet",
  worse: "Worse",
  states: {
    waiting: "Waiting",
    running: "Being answered",
    passed: "Passed",
    not_passed: "Not passed",
    failed: "No answer",
    not_asked: "Not asked",
  },
  failures: {
    must_contain: (value: string) => `“${value}” is missing.`,
    must_not_contain: (value: string) => `“${value}” is in the answer.`,
    sources: () => "It is from another document.",
    must_not_know: () => "It answered, although it must not know.",
  },
  errors: {
    evaluation_running: "A run is in progress. Wait until it ends, or cancel it.",
    evaluation_limit_reached: "The chatbot has as many questions as it can have. Delete some first.",
    quota_exceeded: "Your plan doesn’t have enough answers left for all questions.",
  } as Record<string, string>,
  fromChat: "Add to evaluations",
  added: "The question is in the evaluations.",
};

export type ChatbotEvaluations = typeof english;
export const chatbotEvaluations = messages(english, { hi: () => import("./hi/chatbot_evaluations.ts") });
