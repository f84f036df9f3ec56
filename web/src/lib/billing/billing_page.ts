import { Resource } from "../state/resource.ts";
import type { BillingBackend } from "./backend.ts";
import { PagedList } from "../state/paged_list.ts";
import type { BillingDetails, HistoryEntry, Invoice, PlanList, Subscription } from "./types.ts";
import { cleanLines } from "../typed/clean.ts";

export interface Account {
  subscription: Subscription;
  plans: PlanList;
}

/** The state and the actions of the billing page. Actions throw ApiError. */
export class BillingPage {
  readonly account: Resource<Account>;
  readonly details: Resource<BillingDetails>;
  readonly invoices: PagedList<Invoice>;
  readonly history: PagedList<HistoryEntry>;
  readonly backend: BillingBackend;
  readonly #onChange: () => void;

  /** `onChange` is called when the plan, and so the quotas, may have changed. */
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

  /** Reads everything at once. Each part of the page shows its own failure. */
  async load(): Promise<void> {
    await Promise.all([this.account.load(), this.details.load(), this.invoices.load(), this.history.load()]);
  }

  async cancel(atPeriodEnd: boolean, reason: string, restAsCredits: boolean): Promise<void> {
    await this.backend.cancel(atPeriodEnd, cleanLines(reason) || null, restAsCredits);
    await this.#changed();
  }

  /** Undoes a cancellation. */
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

  /** Call this after another part of the page changed the plan. */
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
