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
  /** The proof under a root */
  noProof: "No daily root covers your ledger yet. The next one is made within a day.",
  proofHolds: (entries: string, day: string) =>
    `The root of ${day} covers your first ${entries} entries. Your browser computed it from them.`,
  signed: "Its signature is valid.",
  notSigned: "Your browser can’t check signatures. Update it, or try another one.",
  proofBroken: (day: string) => `The root of ${day} does not cover your entries`,
  proofFaults: {
    chain: "The entry under the root has another hash now.",
    path: "The hashes beside its path lead to another root.",
    signature: "The signature of the root is false.",
  },
  reportRoot: "Contact us, and name this day.",
  /** The daily roots */
  roots: "Daily roots",
  rootsLead:
    "Once a day, one hash is computed over the ledgers of all workspaces, signed and published. Each root has the hash of the one before, so none can be left out later.",
  noRoots: "There are no roots yet.",
  rootOf: (number: string, day: string) => `Root ${number}, ${day}`,
  rootHolds: "Holds",
  rootFaults: { previous_hash: "Does not follow the one before", signature: "The signature is false" },
  key: "Key that signs",
  keyText: "Compare it with the key that we publish elsewhere. A root with another key is not ours.",
  saveRoots: "Save as JSON",
  saveText: "With a saved root, you can prove later that no entry under it was changed.",
};

export type Ledger = typeof english;
export const ledger = messages(english, { hi: () => import("./hi/ledger.ts") });
