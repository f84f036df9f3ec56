import { messages } from "./language.ts";

const english = {
  title: "Visitors who sign in",
  lead: "If visitors sign in to your website, its server can sign who they are. They then find their chats on each of their devices, and you read who asked.",
  add: "Make a secret",
  replace: "Replace the secret",
  none: "No secret yet. Your website needs one to sign with.",
  made: (when: string) => `Made ${when}`,
  current: "Accepted until you replace it",
  until: (when: string) => `Accepted until ${when}`,
  addText:
    "Your website’s server signs with this secret. Keep it on the server: people who have it can pose as any visitor.",
  replaceText:
    "Put the new secret on your server before the old one ends. An older one that is still accepted ends now.",
  overlap: "The old secret is accepted for",
  overlaps: {
    0: "No longer",
    1: "1 hour more",
    24: "1 day more",
    72: "3 days more",
    168: "7 days more",
  },
  shown: "Your new secret",
  shownLead: "Copy it now and keep it on your server. You won’t see it again.",
  secret: "Secret",
  copy: "Copy the secret",
  example: "On your server",
  exampleLead: "Set ONEAI_IDENTITY_SECRET to the secret, and give each visitor’s page a token of its own.",
  page: "In the page",
  pageLead: "Give the widget the token, and call OneAI.shutdown() when the visitor signs out.",
  done: "Done",
  removeOf: (when: string) => `Delete the secret of ${when}`,
  removeTitle: "Delete this secret?",
  removeText:
    "What your website signs with it is refused from now on. Visitors who are identified already stay so for at most an hour.",
  removed: "The secret is deleted.",
};

export type ChatbotIdentity = typeof english;
export const chatbotIdentity = messages(english, { hi: () => import("./hi/chatbot_identity.ts") });
