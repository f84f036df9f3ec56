import type { AccountClosure } from "../account_closure.ts";
import type { Account } from "../i18n/account.ts";

type Kind = AccountClosure["kind"];

/** The pages that a closed account still has: invoices, its data and its deletion; by the message that names each. */
const OPEN: Record<Kind, readonly (readonly [path: string, name: keyof Account & `${string}Link`])[]> = {
  suspended: [
    ["/billing", "invoicesLink"],
    ["/settings/data", "exportLink"],
    ["/settings/delete", "deleteLink"],
  ],
  deleting: [
    ["/billing", "onlyInvoicesLink"],
    ["/settings/data", "exportLink"],
  ],
};

/** Whether a closed account still has this page. */
export function staysOpen({ kind }: AccountClosure, path: string): boolean {
  return OPEN[kind].some(([open]) => open === path);
}

/** Links to the pages that a closed account still has, in the language of `messages`. */
export function openPages({ kind }: AccountClosure, messages: Account): { href: string; name: string }[] {
  return OPEN[kind].map(([href, name]) => ({ href, name: messages[name] }));
}
