import { session } from "./auth/session.ts";
import { read, write } from "./storage.ts";
import { Store } from "./state/store.ts";

const KEY = "oneai.account_closure";

/** A closed account. Its owner can still sign out, see invoices, export data and restore it. */
export type AccountClosure = { kind: "suspended" } | { kind: "deleting"; deletes_at: string };

/** The closure of the signed-in user's account, as last read; null if it is open. It is kept on the device for public
 *  pages, which make no request about the user. */
export const accountClosure = new Store<AccountClosure | null>(stored());

export function setAccountClosure(closure: AccountClosure | null): void {
  write(KEY, closure && JSON.stringify({ user: session.userId, closure }));
  accountClosure.set(closure);
}

function stored(): AccountClosure | null {
  try {
    const { user, closure } = JSON.parse(read(KEY) ?? "{}") as { user?: string; closure?: AccountClosure };
    return closure && user === session.userId ? closure : null;
  } catch {
    return null;
  }
}

// Another tab restored or closed the account.
if (typeof window !== "undefined")
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY) accountClosure.set(stored());
  });
