import { messages } from "./language.ts";

const english = {
  /** What pays */
  sources: "What pays answers",
  sourcesLead: "One answer is paid by one source. The choice holds from the next answer on.",
  legend: "In this workspace",
  choices: {
    "plan,credits": "Plan, then credits",
    "credits,plan": "Credits, then plan",
    plan: "Only the plan",
    credits: "Only credits",
    own_key: "Only your own keys",
  },
  choiceTexts: {
    "plan,credits": "Credits pay what the plan doesn’t hold.",
    "credits,plan": "The plan’s answers are kept until no credits are left.",
    plan: "Credits are not touched.",
    credits: "The plan’s answers are not used.",
    own_key: "Models that no key of yours reaches don’t answer.",
  },
  keys: "Your own keys",
  keyPlaces: { first: "Before these", last: "After these" },
  keyTexts: {
    first: "A key pays every answer of a model that it reaches.",
    last: "A key pays when nothing else has an answer left.",
  },
  ownersChoose: "Only owners can change this.",
  ofChatbots: "Chatbots",
  ofChatbot: (name: string) => `What pays ${name}`,
  asWorkspace: "As the workspace",
  saved: "Saved.",
  /** The wizard's question */
  wizard: "How do you want to use AI?",
  wizardText: "What pays the answers of this chatbot. You can change it at any time.",
  wizardChoices: { workspace: "As the workspace", own_key: "Your own key", plan: "Plan", credits: "Credits" },
  wizardTexts: {
    workspace: (order: string) => `As in the rest of the workspace: ${order}.`,
    own_key: "Your provider bills you for every answer. No answer of the plan and no credit is used.",
    plan: "The chatbot is away when the plan’s answers are used up.",
    credits: "Every answer is paid from the credits, at its price. The plan’s answers stay for others.",
  },
  noCredits: "There are no credits yet. Until there are some, this chatbot doesn’t answer.",
  buy: "Buy credits",
  noKey: "No key of yours reaches this chatbot’s model. Until one does, the chatbot doesn’t answer.",
  addKey: "Add a key",
  ownersOnly: "Only owners choose this. Until then it is paid as the rest of the workspace.",
  /** Limits */
  limits: "Monthly limits",
  limitsLead:
    "The most that a chatbot, a member or an API key may use of the credits in a month. A limit moves no money, and all together may be more than the balance.",
  kinds: { chatbot: "Chatbots", member: "Members", api_key: "API keys" },
  noLimits: "There are no limits. All credits can be used by everyone in the workspace.",
  gone: "Deleted",
  resets: (day: string) => `Starts again on ${day}.`,
  of: (used: string, limit: string) => `${used} of ${limit}`,
  add: "Add a limit",
  edit: "Change",
  editOf: (name: string) => `Change the limit of ${name}`,
  remove: "Remove",
  removeOf: (name: string) => `Remove the limit of ${name}`,
  whose: "For",
  choose: "Choose",
  perMonth: "US dollars in a month",
  wrongAmount: "Enter an amount in US dollars, such as 20 or 0.50.",
  noneLeft: "Everything has a limit already.",
};

export type CreditSettings = typeof english;
export const creditSettings = messages(english, { hi: () => import("./hi/credit_settings.ts") });
