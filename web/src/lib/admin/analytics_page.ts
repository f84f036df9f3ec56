import { Resource } from "../state/resource.ts";
import { periodOf, type Range } from "./analytics.ts";
import { readReport, reportFile, type Report, type ReportName, type ReportQuery } from "./backend.ts";

/** One report for a range of days, with a grouping. */
export class AnalyticsPage {
  readonly report: Resource<Report>;
  readonly #name: ReportName;
  readonly #group: string;
  readonly #range: Range;
  readonly #custom: ReportQuery;

  constructor(name: ReportName, group: string, range: Range, custom: ReportQuery) {
    this.#name = name;
    this.#group = group;
    this.#range = range;
    this.#custom = custom;
    this.report = new Resource(() => this.#read());
  }

  /** The shown items as CSV, with the file's name. Throws ApiError. */
  async file(): Promise<{ content: Blob; name: string }> {
    const shown = this.report.store.value;
    const days = shown.state === "ready" ? { from: shown.value.from, to: shown.value.to } : this.#custom;
    const content = await reportFile(this.#name, { ...days, group_by: this.#group });
    return { content, name: `${this.#name}-by-${this.#group}-${days.from}-${days.to}.csv` };
  }

  async #read(): Promise<Report> {
    if (this.#range === "custom") return readReport(this.#name, this.#group, this.#custom);
    // A request without days ends today, by the server's clock and in the operator's time zone.
    const latest = await readReport(this.#name, this.#group, {});
    if (this.#range === "30") return latest;
    return readReport(this.#name, this.#group, periodOf(this.#range, latest.to, {}));
  }
}
