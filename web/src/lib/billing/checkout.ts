import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { BillingBackend } from "./backend.ts";
import {
  canPayAhead,
  isChangeable,
  resultOf,
  type PaymentReturn,
  type Purchase,
  type PurchaseResult,
} from "./purchase.ts";
import type {
  BillingDetails,
  CheckoutSession,
  Confirmation,
  Plan,
  PlanList,
  PlanPrice,
  Subscription,
} from "./types.ts";

/** The seconds between requests while a payment is unconfirmed: two minutes in total. */
const PAUSES = [1, 2, 3, 5, 8, 13, 21, 30, 40];

type Unavailable = "unknown" | "free" | "contact_sales" | "for_teams" | "for_people";

export type CheckoutState =
  | { step: "loading" }
  | { step: "failed"; failure: ApiError }
  | { step: "unavailable"; reason: Unavailable; plan: Plan | null }
  | { step: "subscribed"; plan: Plan; subscription: Subscription }
  | ({ step: "change" } & Read)
  | ({ step: "form" } & Read)
  /** Only the seats of the current plan can change. */
  | ({ step: "seats" } & Read)
  /** `slow`: the first request did not find it. `idle`: no more requests until the user asks. */
  | { step: "confirming"; slow: boolean; idle: boolean }
  /** The payer came back from a provider's page, and a payment may take hours. */
  | { step: "waiting"; idle: boolean }
  | { step: "rejected"; failure: ApiError }
  | { step: "done"; result: PurchaseResult; subscription: Subscription };

interface Read {
  plan: Plan;
  plans: PlanList;
  subscription: Subscription;
  details: BillingDetails;
}

/** The purchase of one plan: what is on offer, paying, and the result. */
export class Checkout {
  readonly store = new Store<CheckoutState>({ step: "loading" });
  readonly #backend: BillingBackend;
  readonly #wait: (seconds: number) => Promise<void>;
  readonly #onDone: () => void;
  /** Counts what is asked for: a request that waits ends when the next one starts. */
  #turn = 0;

  /** `onDone` is called when the plan has changed. */
  constructor(backend: BillingBackend, onDone: () => void, wait: (seconds: number) => Promise<void> = sleep) {
    this.#backend = backend;
    this.#onDone = onDone;
    this.#wait = wait;
  }

  /** Starts, or continues with what the payment page returned. */
  async open(purchase: Purchase, returned: PaymentReturn | null): Promise<void> {
    if (returned?.kind === "paid") await this.confirm(purchase, returned.confirmation);
    else await this.#read(purchase);
  }

  /** Confirms a payment, and polls until the plan is active. Safe to repeat. */
  async confirm(purchase: Purchase, confirmation: Confirmation): Promise<void> {
    const turn = ++this.#turn;
    this.store.set({ step: "confirming", slow: false, idle: false });
    let verified = false;
    for (const pause of PAUSES) {
      try {
        const subscription = await (verified ? this.#backend.subscription() : this.#backend.verify(confirmation));
        verified = true;
        const result = resultOf(subscription, purchase);
        if (result) return this.#finish(result, subscription, turn);
      } catch (problem) {
        const failure = asApiError(problem);
        if (turn === this.#turn && !passes(failure)) return this.store.set({ step: "rejected", failure });
      }
      if (turn !== this.#turn) return;
      this.store.set({ step: "confirming", slow: true, idle: false });
      await this.#wait(pause);
      if (turn !== this.#turn) return;
    }
    this.store.set({ step: "confirming", slow: true, idle: true });
  }

  /** Looks until a payment at a provider's page is known, which may be in hours: then the user asks again. The API reads the
   *  checkout of the address at the provider each time, so that no webhook is waited for. */
  async wait(purchase: Purchase, checkoutId: string | null): Promise<void> {
    const turn = ++this.#turn;
    this.store.set({ step: "waiting", idle: false });
    let named = checkoutId;
    for (const pause of PAUSES) {
      try {
        let subscription: Subscription | null = null;
        if (named) {
          subscription = await this.#backend.verify({ checkout_id: named }).catch((problem: unknown) => {
            // An address that somebody made up, or one of another workspace: the plan alone is looked at.
            if (passes(asApiError(problem))) throw problem;
            named = null;
            return null;
          });
        }
        subscription ??= await this.#backend.subscription();
        const result = resultOf(subscription, purchase);
        if (result) return this.#finish(result, subscription, turn);
      } catch (problem) {
        const failure = asApiError(problem);
        if (turn === this.#turn && !passes(failure)) return this.store.set({ step: "failed", failure });
      }
      if (turn !== this.#turn) return;
      await this.#wait(pause);
      if (turn !== this.#turn) return;
    }
    this.store.set({ step: "waiting", idle: true });
  }

  /** The session to pay for a new subscription; null if it is already paid and active. Throws ApiError. */
  async subscribe(plan: Plan, price: PlanPrice, seats?: number): Promise<CheckoutSession | null> {
    const { period, currency, payment_provider } = price;
    const wanted = { plan_id: plan.id, period, currency, payment_provider, ...(seats && { seats }) };
    const session = await this.#backend.subscribe(wanted);
    if (session.payment_needed) return session;
    await this.changed();
    return null;
  }

  /** Call this after the plan changed without a payment. */
  async changed(): Promise<void> {
    this.#finish("active", await this.#backend.subscription());
  }

  /** Stops polling. */
  leave(): void {
    this.#turn += 1;
  }

  /** A result that comes once another is asked for is not shown, but the plan has changed. */
  #finish(result: PurchaseResult, subscription: Subscription, turn = this.#turn): void {
    if (turn === this.#turn) this.store.set({ step: "done", result, subscription });
    this.#onDone();
  }

  async #read(purchase: Purchase): Promise<void> {
    this.#turn += 1;
    this.store.set({ step: "loading" });
    try {
      const { plans: list, subscription: current, details } = this.#backend;
      const [plans, subscription, billing] = await Promise.all([list(), current(), details()]);
      this.store.set(stepFor(purchase, plans, subscription, billing));
    } catch (failure) {
      this.store.set({ step: "failed", failure: asApiError(failure) });
    }
  }
}

function stepFor(
  { plan_id: planId, period, seats, seat_change }: Purchase,
  plans: PlanList,
  subscription: Subscription,
  details: BillingDetails,
): CheckoutState {
  const plan = plans.every.find(({ id }) => id === planId);
  if (!plan) return { step: "unavailable", reason: "unknown", plan: null };
  if (!plans.items.some(({ id }) => id === planId))
    return { step: "unavailable", reason: plan.for_teams ? "for_teams" : "for_people", plan };
  if (plan.contact_sales) return { step: "unavailable", reason: "contact_sales", plan };
  if (plan.prices.length === 0) return { step: "unavailable", reason: "free", plan };
  const read = { plan, plans, subscription, details };
  if (!isChangeable(subscription)) return { step: "form", ...read };
  if (subscription.plan_id === plan.id && subscription.period === period && !seat_change && canPayAhead(subscription))
    return { step: "form", ...read };
  if (subscription.plan_id === plan.id && subscription.period === period)
    return plan.seats && (seats || seat_change)
      ? { step: "seats", ...read }
      : { step: "subscribed", plan, subscription };
  return { step: "change", ...read };
}

/** Whether another request makes sense: the payment itself was not rejected. */
function passes({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
