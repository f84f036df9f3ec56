import { Resource } from "../state/resource.ts";
import { Store } from "../state/store.ts";
import type { Forecast, UsageBackend, UsageQuery, UsageReport } from "./backend.ts";
import { dayOf, shiftDay, type Measure } from "./series.ts";

export const RANGES = [7, 30, 90] as const;
export type Range = (typeof RANGES)[number];

export interface Reports {
  byDay: UsageReport;
  byModel: UsageReport;
  byKey: UsageReport;
  keyNames: Record<string, string>;
}

/** The usage: reports for a range of days, and the month's forecast. */
export class UsagePage {
  readonly range = new Store<Range>(30);
  readonly measure = new Store<Measure>("messages");
  readonly reports: Resource<Reports>;
  readonly forecast: Resource<Forecast>;
  readonly #backend: UsageBackend;
  readonly #tz: string;
  /** The last day of the reports, by the server's clock: a device's clock may be wrong. */
  #today: string | null = null;

  constructor(backend: UsageBackend, tz: string = Intl.DateTimeFormat().resolvedOptions().timeZone) {
    this.#backend = backend;
    this.#tz = tz;
    this.reports = new Resource(() => this.#read());
    this.forecast = new Resource(backend.forecast);
  }

  /** Reads everything. Each part of the page shows its own failure. */
  async load(): Promise<void> {
    await Promise.all([this.reports.load(), this.forecast.load()]);
  }

  /** Shows another range of days. */
  async show(range: Range): Promise<void> {
    this.range.set(range);
    await this.reports.load();
  }

  /** The query of the shown reports. */
  get query(): UsageQuery {
    const range = this.range.value;
    if (range === 30 || this.#today === null) return { tz: this.#tz };
    return { tz: this.#tz, from: shiftDay(this.#today, 1 - range) };
  }

  async #read(): Promise<Reports> {
    const { report, keyNames } = this.#backend;
    const [byDay, byModel, byKey, names] = await Promise.all([
      report("day", this.query),
      report("model", this.query),
      report("key", this.query),
      keyNames(),
    ]);
    this.#today = dayOf(new Date(Date.parse(byDay.to) - 1), byDay.tz);
    return { byDay, byModel, byKey, keyNames: names };
  }
}
