import { messages } from "./language.ts";

const english = {
  title: "The ledger",
  lead: "Every change of your credits is an entry of a ledger that no one can edit. Each entry has a hash, made from its fields and the hash of the entry before. Your browser can compute all of them again, without trusting us.",
  check: "Check the ledger",
  again: "Check again",
  stop: "Stop",
  progress: (count: string) => `${count} entries checked`,
  stopped: "The check was stopped.",
  empty: "The ledger has no entries yet.",
  holds: (count: string) => `All ${count} entries hold.`,
  sum: (credits: string) => `They add up to ${credits} of credits.`,
  owed: (owed: string) => `${owed} is owed.`,
  hash: "Hash of the last entry",
  hashText: "Keep it. A change of any entry would change this hash too.",
  broken: (number: string) => `Entry ${number} does not hold`,
  faults: {
    number: "An entry is missing in its place.",
    workspace: "It belongs to another workspace.",
    previous_hash: "It does not follow the entry before.",
    hash: "Its hash is not that of its fields.",
    movement: "The entries of its movement do not sum to zero.",
  },
  report: "Contact us, and name this entry.",
  contact: "Contact us",
  how: "How it is computed",
};

export type Ledger = typeof english;
export const ledger = messages(english, { hi: () => import("./hi/ledger.ts") });
