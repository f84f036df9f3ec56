import { messages } from "./language.ts";

const english = {
  /** The consent as a sentence with links in it. */
  agreeBefore: "I agree to the",
  terms: "terms",
  agreeBetween: "and to the use of my data as described in the",
  privacy: "privacy notice",
  agreeAfter: ".",
  age: (years: number) => `I am at least ${years} years old.`,
  ageShort: (years: string) => `At least ${years} years old`,
  missing: "Confirm both to continue.",
  title: "Before you continue",
  lead: "Confirm this once. We’ll only ask again if the texts change.",
  confirm: "Confirm",
  notNow: "Not now",
  otherwise: "If you don’t agree, export your data or delete your account.",
  toData: "Your data",
  listTitle: "What you agreed to",
  listLead:
    "You can withdraw your consent at any time. This doesn’t affect what we did before. To erase your data, delete your account.",
  names: { terms: "Terms", privacy: "Privacy notice", age: "Age" } as Record<string, string>,
  version: (version: string) => `version of ${version}`,
  granted: (time: string) => `agreed ${time}`,
  stated: (time: string) => `stated ${time}`,
  withdrawn: (time: string) => `withdrawn ${time}`,
  withdraw: "Withdraw",
  withdrawLabel: (name: string) => `Withdraw: ${name}`,
  none: "Nothing yet.",
  askedLater: "A confirmation is missing. We’ll ask for it before your next question or payment.",
};

export type ConsentMessages = typeof english;
export const consents = messages(english, { hi: () => import("./hi/consents.ts") });
