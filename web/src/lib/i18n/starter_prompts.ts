import { messages } from "./language.ts";

/** The prompts to begin with. They are part of the app, and no rows of any user. */
const english = [
  {
    name: "Summarise a text",
    content:
      "Summarise the text below in {{number}} points. Keep names, numbers and dates. End with one sentence on what it means for me.\n\n{{text}}",
  },
  {
    name: "Explain it simply",
    content:
      "Explain {{topic}} to someone who has never heard of it. Start with one everyday example, then say how it works in at most five short paragraphs. Name the point that people most often get wrong.",
  },
  {
    name: "Reply to a message",
    content:
      "Write a reply to the message below. I want to {{goal}}. The tone is {{tone}}. Keep it shorter than the message.\n\n{{message}}",
  },
  {
    name: "Improve my writing",
    content:
      "Correct spelling, grammar and punctuation in the text below, and make unclear sentences clear. Keep my voice and meaning. Then list the three most important changes and why you made them.\n\n{{text}}",
  },
  {
    name: "Translate naturally",
    content:
      "Translate the text below into {{language}}, as a native speaker would write it. Keep names, numbers and the layout. If a phrase has no good match, explain your choice in one line at the end.\n\n{{text}}",
  },
  {
    name: "Compare two options",
    content:
      "Help me choose between {{first option}} and {{second option}} for {{purpose}}. Make a table of what matters: price, effort, risk and what is hard to change later. Then recommend one, and say what would change your mind.",
  },
  {
    name: "Plan a project",
    content:
      "Plan this project: {{project}}. It has to be finished by {{date}}. List the steps in order with the days that each one takes, what can go wrong, and what I should do this week.",
  },
  {
    name: "Prepare for an interview",
    content:
      "I have an interview for {{role}} at {{company}}. Ask me one likely question at a time. After each answer, say what was good, what was missing, and show a stronger version. Start with the first question.",
  },
  {
    name: "Quiz me",
    content:
      "Test what I know about {{subject}} at the level of {{level}}. Ask ten questions, one at a time, and make them harder as I get them right. Explain each wrong answer in two sentences. Finish with what I should study next.",
  },
  {
    name: "Review code",
    content:
      "Review the {{programming language}} code below. List bugs first, then security problems, then what makes it hard to read. For each, name the line, say why it matters, and show the fix.\n\n{{code}}",
  },
  {
    name: "Find the cause of an error",
    content:
      "I see this error:\n\n{{error}}\n\nI was trying to {{what you did}}. Give the three most likely causes, the most likely first, with one quick check for each, and the fix if the check confirms it.",
  },
  {
    name: "Plan meals for a week",
    content:
      "Plan dinners for a week for {{number of people}} people. Diet: {{diet}}. Time to cook: {{minutes}} minutes a day. Use ingredients that are easy to find in {{place}}, use leftovers, and end with a shopping list by section of the shop.",
  },
];

export type StarterPrompts = typeof english;
export const starterPrompts = messages(english, { hi: () => import("./hi/starter_prompts.ts") });
