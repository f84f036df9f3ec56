import { Resource } from "../state/resource.ts";
import type { BillingBackend } from "./backend.ts";
import { PagedList } from "../state/paged_list.ts";
import type { BillingDetails, HistoryEntry, Invoice, PlanList, Subscription } from "./types.ts";
import { cleanLines } from "../typed/clean.ts";

export interface Account {
  subscription: Subscription;
  plans: PlanList;
}

/** What the billing page shows, and what can be done there. Actions throw ApiError. */
export class BillingPage {
  readonly account: Resource<Account>;
  readonly details: Resource<BillingDetails>;
  readonly invoices: PagedList<Invoice>;
  readonly history: PagedList<HistoryEntry>;
  readonly backend: BillingBackend;
  readonly #onChange: () => void;

  /** `onChange` is called when the plan, and so quotas, may be others. */
  constructor(backend: BillingBackend, onChange: () => void) {
    this.backend = backend;
    this.#onChange = onChange;
    this.account = new Resource(async () => {
      const [subscription, plans] = await Promise.all([backend.subscription(), backend.plans()]);
      return { subscription, plans };
    });
    this.details = new Resource(backend.details);
    this.invoices = new PagedList(backend.invoices);
    this.history = new PagedList(backend.history);
  }

  /** Reads everything, at once. Failures are said where each thing is shown. */
  async load(): Promise<void> {
    await Promise.all([this.account.load(), this.details.load(), this.invoices.load(), this.history.load()]);
  }

  async cancel(atPeriodEnd: boolean, reason: string): Promise<void> {
    await this.backend.cancel(atPeriodEnd, cleanLines(reason) || null);
    await this.#changed();
  }

  /** Takes a cancellation back. */
  async keep(): Promise<void> {
    await this.backend.keep();
    await this.#changed();
  }

  async pause(): Promise<void> {
    await this.backend.pause();
    await this.#changed();
  }

  async resume(): Promise<void> {
    await this.backend.resume();
    await this.#changed();
  }

  /** Says that the plan was changed elsewhere on the page. */
  async changed(): Promise<void> {
    await this.#changed();
  }

  /** The address of the provider's page about the payment method. */
  async portal(): Promise<string> {
    return (await this.backend.portal()).url;
  }

  async #changed(): Promise<void> {
    this.#onChange();
    await Promise.all([this.account.load(), this.invoices.load(), this.history.load()]);
  }
}
