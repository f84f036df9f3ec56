const consents = {
  /** What is agreed to, as a sentence with links in it. */
  agreeBefore: "I agree to the",
  terms: "terms",
  agreeBetween: "and to the use of my data as the",
  privacy: "privacy notice",
  agreeAfter: "says.",
  age: (years: number) => `I am at least ${years} years old.`,
  ageShort: (years: string) => `At least ${years} years old`,
  missing: "To go on, please confirm both.",
  title: "Before you go on",
  lead: "Please confirm this once. It is asked again only when the texts change.",
  confirm: "Confirm",
  otherwise: "If you do not agree, you can export your data or delete your account.",
  toData: "Your data",
  listTitle: "What you agreed to",
  listLead:
    "You can withdraw it at any time. What was done before stays lawful; to have it erased, delete your account.",
  names: { terms: "Terms", privacy: "Privacy notice", age: "Age" } as Record<string, string>,
  version: (version: string) => `version of ${version}`,
  granted: (time: string) => `agreed ${time}`,
  stated: (time: string) => `stated ${time}`,
  withdrawn: (time: string) => `withdrawn ${time}`,
  withdraw: "Withdraw",
  withdrawLabel: (name: string) => `Withdraw: ${name}`,
  none: "Nothing yet.",
};

export type ConsentMessages = typeof consents;
export default consents;
