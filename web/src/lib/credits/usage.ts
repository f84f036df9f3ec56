import { Resource } from "../state/resource.ts";
import { Store } from "../state/store.ts";
import { dayOf, shiftDay } from "../usage/series.ts";
import type { CreditsBackend, CreditUsage } from "./backend.ts";

export const RANGES = [7, 30, 90] as const;
export type Range = (typeof RANGES)[number];

export interface CreditReports {
  tz: string;
  byDay: CreditUsage;
  byModel: CreditUsage;
  byChatbot: CreditUsage;
}

/** What credits paid in a range of days, by day, model and chatbot. */
export class CreditUsagePage {
  readonly range = new Store<Range>(30);
  readonly reports: Resource<CreditReports>;
  readonly #backend: Pick<CreditsBackend, "usage">;
  readonly #tz: string;
  /** The last day of the reports, by the server's clock. */
  #today: string | null = null;

  constructor(backend: Pick<CreditsBackend, "usage">, tz: string = Intl.DateTimeFormat().resolvedOptions().timeZone) {
    this.#backend = backend;
    this.#tz = tz;
    this.reports = new Resource(() => this.#read());
  }

  /** Shows another range of days. */
  async show(range: Range): Promise<void> {
    this.range.set(range);
    await this.reports.load();
  }

  async #read(): Promise<CreditReports> {
    const range = this.range.value;
    const from = range === 30 || this.#today === null ? {} : { from: shiftDay(this.#today, 1 - range) };
    const [byDay, byModel, byChatbot] = await Promise.all(
      (["day", "model", "chatbot"] as const).map((by) => this.#backend.usage(by, { tz: this.#tz, ...from })),
    );
    this.#today = lastDay(byDay!, this.#tz);
    return { tz: this.#tz, byDay: byDay!, byModel: byModel!, byChatbot: byChatbot! };
  }
}

export interface ChargedDay {
  /** `2026-11-23`. */
  day: string;
  charged_micro_usd: number;
}

/** Every day of a report, the oldest first; those without use have 0. */
export function chargedDays(usage: CreditUsage, tz: string): ChargedDay[] {
  const charged = new Map(usage.items.map((item) => [item.key, item.charged_micro_usd]));
  const days: ChargedDay[] = [];
  for (let day = dayOf(new Date(usage.since), tz); day <= lastDay(usage, tz); day = shiftDay(day, 1))
    days.push({ day, charged_micro_usd: charged.get(day) ?? 0 });
  return days;
}

function lastDay({ until }: CreditUsage, tz: string): string {
  return dayOf(new Date(Date.parse(until) - 1), tz); // the end is exclusive
}
