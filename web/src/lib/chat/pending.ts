/** A question that is on its way: a page that is loaded again meanwhile finds its answer by the id. */
export interface Pending {
  messageId: string;
  conversation: string | null;
  text: string;
}

// Of this tab alone: another one has questions of its own.
const KEY = "oneai.pending";

export function readPending(): Pending | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Pending | null;
  } catch {
    return null;
  }
}

/** Remembers the question, or with null that none is on its way. */
export function writePending(pending: Pending | null): void {
  try {
    if (pending) sessionStorage.setItem(KEY, JSON.stringify(pending));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage a reload in this moment leaves the answer to the list of conversations.
  }
}
