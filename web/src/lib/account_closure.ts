import { session } from "./auth/session.ts";
import { read, write } from "./storage.ts";
import { Store } from "./state/store.ts";

const KEY = "oneai.account_closure";

/** What an account that is closed still has: sign-out, invoices, its data, and the way back. */
export type AccountClosure = { kind: "suspended" } | { kind: "deleting"; deletes_at: string };

/** Whether the signed-in person's account is closed, as last read; null: it is open. It is kept on the device, so that
 *  public pages, which ask nothing about the person, say it too. */
export const accountClosure = new Store<AccountClosure | null>(stored());

export function setAccountClosure(closure: AccountClosure | null): void {
  write(KEY, closure && JSON.stringify({ person: session.userId, closure }));
  accountClosure.set(closure);
}

function stored(): AccountClosure | null {
  try {
    const { person, closure } = JSON.parse(read(KEY) ?? "{}") as { person?: string; closure?: AccountClosure };
    return closure && person === session.userId ? closure : null;
  } catch {
    return null;
  }
}

// Brought back, or closed, in another tab.
if (typeof window !== "undefined")
  window.addEventListener("storage", ({ key }) => {
    if (key === KEY) accountClosure.set(stored());
  });
