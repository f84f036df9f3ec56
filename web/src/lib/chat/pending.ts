/** A question that is being sent. A page reloaded meanwhile finds its answer by the id. */
export interface Pending {
  messageId: string;
  conversation: string | null;
  text: string;
}

// Session storage: each tab has its own question.
const KEY = "oneai.pending";

export function readPending(): Pending | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Pending | null;
  } catch {
    return null;
  }
}

/** Remembers the question; null forgets it. */
export function writePending(pending: Pending | null): void {
  try {
    if (pending) sessionStorage.setItem(KEY, JSON.stringify(pending));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage, only the list of conversations leads to the answer after a reload at this moment.
  }
}
