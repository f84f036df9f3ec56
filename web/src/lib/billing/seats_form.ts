import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { BillingBackend } from "./backend.ts";
import type { Purchase } from "./purchase.ts";
import type { CheckoutSession, PlanChangePreview, Subscription } from "./types.ts";

export interface SeatsFormState {
  preview: PlanChangePreview | null;
  busy: "preview" | "change" | null;
  failure: ApiError | null;
}

/** The form for another number of seats, with what it would charge now and with the next period. */
export class SeatsForm {
  readonly store = new Store<SeatsFormState>({ preview: null, busy: null, failure: null });
  readonly #backend: Pick<BillingBackend, "change" | "previewChange">;
  readonly #subscription: Subscription;
  #last = 0;

  constructor(backend: Pick<BillingBackend, "change" | "previewChange">, subscription: Subscription) {
    this.#backend = backend;
    this.#subscription = subscription;
  }

  /** Previews this number of seats; null for none, and nothing is read for the number that is already renewed. */
  async choose(seats: number | null): Promise<void> {
    const number = ++this.#last;
    this.#set({ preview: null, failure: null, busy: null });
    if (seats === null || this.#isUnchanged(seats)) return;
    this.#set({ busy: "preview" });
    try {
      const preview = await this.#backend.previewChange({ seats });
      if (number === this.#last) this.#set({ preview, busy: null });
    } catch (problem) {
      if (number === this.#last) this.#set({ failure: asApiError(problem), busy: null });
    }
  }

  /** Changes the number that was previewed. Returns the session to pay, which may need no payment; null on failure. */
  async submit(): Promise<{ session: CheckoutSession; purchase: Purchase } | null> {
    const { preview, busy } = this.store.value;
    if (!preview?.seats || busy) return null;
    this.#set({ busy: "change", failure: null });
    try {
      const session = await this.#backend.change({ seats: preview.seats });
      return { session, purchase: purchaseOf(preview.seats, session, this.#subscription) };
    } catch (problem) {
      this.#set({ failure: asApiError(problem) });
      return null;
    } finally {
      this.#set({ busy: null });
    }
  }

  #isUnchanged(seats: number): boolean {
    const { seats: now, renewal_seats: next } = this.#subscription;
    return seats === now && (next === null || seats === next);
  }

  #set(changes: Partial<SeatsFormState>): void {
    this.store.update((state) => ({ ...state, ...changes }));
  }
}

/** What is paid for first: the added seats, else the agreement to the next charge. */
export function purchaseOf(seats: number, session: CheckoutSession, subscription: Subscription): Purchase {
  return {
    plan_id: subscription.plan_id ?? "team",
    period: subscription.period ?? "monthly",
    when: session.seat_order ? "now" : "period_end",
    seats,
    seat_change: session.seat_order ? "added" : "next",
  };
}

/** Whether the next charge is for fewer seats than the team has, because no one has agreed to it for all of them. Those of a
 *  period that is paid ahead were chosen. */
export function isRenewalSmaller({ seats, renewal_seats, cancel_requested_at, prepaid }: Subscription): boolean {
  return !prepaid && renewal_seats !== null && (seats ?? 0) > renewal_seats && cancel_requested_at === null;
}
