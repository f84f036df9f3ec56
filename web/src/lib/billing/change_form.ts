import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { BillingBackend } from "./backend.ts";
import type { Purchase } from "./purchase.ts";
import type { CheckoutSession, PlanChangePreview, PlanList, Subscription } from "./types.ts";

export type Choice = Pick<Purchase, "plan_id" | "period">;

export interface ChangeFormState {
  choice: Choice | null;
  when: Purchase["when"];
  /** False if the choice starts only after the paid period: a smaller plan, months instead of years. */
  maybeNow: boolean;
  preview: PlanChangePreview | null;
  busy: "preview" | "change" | null;
  failure: ApiError | null;
}

/** The form for another plan or period, with what it would charge and refund. */
export class ChangeForm {
  readonly store = new Store<ChangeFormState>({
    choice: null,
    when: "now",
    maybeNow: true,
    preview: null,
    busy: null,
    failure: null,
  });
  readonly #backend: Pick<BillingBackend, "change" | "previewChange">;
  #last = 0;

  constructor(backend: Pick<BillingBackend, "change" | "previewChange">) {
    this.#backend = backend;
  }

  /** Selects a choice, and previews it for `when` or, if it cannot start now, for the end of the paid period. */
  async choose(choice: Choice, when: Purchase["when"] = "now"): Promise<void> {
    await this.#preview({ plan_id: choice.plan_id, period: choice.period, when }, true);
  }

  /** Selects when it starts. */
  async begin(when: Purchase["when"]): Promise<void> {
    const { choice, maybeNow } = this.store.value;
    if (choice) await this.#preview({ ...choice, when }, maybeNow);
  }

  /** Changes the plan. Returns the session to pay, which may need no payment; null on failure. */
  async submit(): Promise<{ session: CheckoutSession; purchase: Purchase } | null> {
    const { choice, when, busy } = this.store.value;
    if (!choice || busy) return null;
    const purchase = { ...choice, when };
    this.#set({ busy: "change", failure: null });
    try {
      return { session: await this.#backend.change(purchase), purchase };
    } catch (problem) {
      this.#set({ failure: asApiError(problem) });
      return null;
    } finally {
      this.#set({ busy: null });
    }
  }

  async #preview(purchase: Purchase, maybeNow: boolean): Promise<void> {
    const number = ++this.#last;
    const { plan_id, period, when } = purchase;
    this.#set({ choice: { plan_id, period }, when, maybeNow, preview: null, failure: null, busy: "preview" });
    try {
      const preview = await this.#backend.previewChange(purchase);
      if (number === this.#last) this.#set({ preview, busy: null });
    } catch (problem) {
      if (number !== this.#last) return;
      const failure = asApiError(problem);
      if (when === "now" && failure.body.details?.some(({ code }) => code === "period_end_only"))
        return this.#preview({ ...purchase, when: "period_end" }, false);
      this.#set({ failure, busy: null });
    }
  }

  #set(changes: Partial<ChangeFormState>): void {
    this.store.update((state) => ({ ...state, ...changes }));
  }
}

/** The choices of a subscriber: every price on sale but their own. */
export function choicesFor({ items }: PlanList, current: Subscription): Choice[] {
  const all = items.flatMap(({ id, prices }) =>
    [...new Set(prices.map(({ period }) => period))].map((period) => ({ plan_id: id, period })),
  );
  return all.filter(({ plan_id, period }) => plan_id !== current.plan_id || period !== current.period);
}
