import type { AccountClosure } from "../me.ts";

const OPEN: Record<AccountClosure["kind"], readonly string[]> = {
  suspended: ["/billing", "/settings/data", "/settings/delete"],
  deleting: ["/billing", "/settings/data"],
};

/** Whether a closed account has this page still: invoices, its data, and deleting it. */
export function staysOpen(closure: AccountClosure, path: string): boolean {
  return OPEN[closure.kind].includes(path);
}
