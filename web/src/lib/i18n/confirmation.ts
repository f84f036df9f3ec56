import { messages } from "./language.ts";

const english = {
  title: "Send this question?",
  cost: (most: string) => `The answer may cost up to ${most}.`,
  credits: (most: string) => `It uses up to ${most} of your credits.`,
  units: (units: string) => `It uses ${units} from your plan.`,
  ownKey: "Your own key pays for it.",
  send: "Send",
  cancel: "Cancel",
};

export type ConfirmationMessages = typeof english;
export const confirmation = messages(english, { hi: () => import("./hi/confirmation.ts") });
