import { PagedList } from "../state/paged_list.ts";
import { Store } from "../state/store.ts";
import type { CreditsBackend, CreditTransaction, Kind } from "./backend.ts";

/** The transactions of a workspace, of one kind or of all. */
export class Transactions {
  readonly kind = new Store<Kind | null>(null);
  readonly list: PagedList<CreditTransaction>;

  constructor(backend: Pick<CreditsBackend, "transactions">) {
    this.list = new PagedList((cursor) => backend.transactions(this.kind.value, cursor));
  }

  /** Shows the transactions of one kind; null: of every kind. */
  async show(kind: Kind | null): Promise<void> {
    this.kind.set(kind);
    await this.list.load();
  }
}

/** The uses that came after their answer, such as its title: an older use of these transactions has the same answer. */
export function addedLater(items: readonly CreditTransaction[]): ReadonlySet<string> {
  const answers = new Set<string>();
  const later = new Set<string>();
  for (const { id, kind, message_id } of items.toReversed()) {
    if (kind !== "use" || !message_id) continue;
    if (answers.has(message_id)) later.add(id);
    answers.add(message_id);
  }
  return later;
}

const COLUMNS = [
  "at",
  "kind",
  "amount_micro_usd",
  "balance_micro_usd",
  "grant_id",
  "message_id",
  "chatbot_id",
] as const;

/** These transactions as CSV, with the API's names: times in UTC, amounts in micro-dollars. No text of a user is in it. */
export function transactionsCsv(items: readonly CreditTransaction[]): string {
  const rows = items.map((each) => COLUMNS.map((name) => each[name] ?? "").join(","));
  return [COLUMNS.join(","), ...rows, ""].join("\r\n");
}
