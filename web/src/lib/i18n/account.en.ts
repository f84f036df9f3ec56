const account = {
  sessionsLead: "Where you are signed in. End what you do not know, and change your password then.",
  thisDevice: "This device",
  unknownDevice: "Unknown device",
  on: (browser: string, system: string) => `${browser} on ${system}`,
  signedIn: (day: string) => `Signed in ${day}`,
  lastUsed: (when: string) => `last used ${when}`,
  end: "End",
  endOf: (device: string) => `End ${device}`,
  ended: "The session is ended.",
  endOthers: "End all other sessions",
  othersEnded: "All other sessions are ended.",
  signOutEverywhere: "Sign out everywhere",
  onlyThis: "You are signed in on this device alone.",

  deleteLead: (day: string) =>
    `Your account closes at once, and everything is erased on ${day}. Until then you can bring it back.`,
  erased: "What is erased",
  profile: "Your profile, preferences and sessions",
  conversations: (count: string, messages: string) => `Conversations: ${count}, with messages: ${messages}`,
  stored: (size: string) => `Texts and files: ${size}`,
  keys: (count: string) => `API keys, revoked at once and for good: ${count}`,
  links: (count: string) => `Shared links, closed at once: ${count}`,
  kept: "What the law has us keep",
  invoices: (count: string) => `Invoices: ${count}`,
  payments: (count: string) => `Payments: ${count}`,
  keptReason: "Tax law asks for invoices and payments to be kept for years, with the buyer's name and address.",
  subscriptionEnds: (day: string) => `Your subscription is not charged again; it is paid for until ${day}.`,
  exportFirst: "Export everything first",
  confirm: (phrase: string) => `To confirm, type ${phrase}`,
  confirmLabel: "Confirmation",
  deleteNow: "Delete my account",
  confirmWrong: "This is not what has to be typed.",

  deletingTitle: "Your account is being deleted",
  deleting: (day: string) => `Your account is closed. Everything in it is erased on ${day}.`,
  deletingLead:
    "Until then you can bring it back as it was; only API keys stay revoked. Your data and your invoices can be downloaded.",
  restore: "Keep my account",
  restored: "Welcome back. Your account is as it was; API keys have to be made anew.",
  suspendedTitle: "Your account is suspended",
  suspended:
    "Asking, conversations and settings are closed until the matter is settled. Write to us if you think that this is a mistake.",
  stillWorks: "What still works",
  invoicesLink: "See invoices, and cancel the subscription",
  invoicesOnly: "See invoices",
  exportLink: "Export your data",
  deleteLink: "Delete the account",
  writeTo: (email: string) => `Write to ${email}`,
  failedTitle: "Your account could not be read",
};

export type Account = typeof account;
export default account;
