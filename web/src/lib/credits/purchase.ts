import { asApiError, type ApiError } from "../api/errors.ts";
import { goToPay, KEY, type PaymentReturn } from "../billing/purchase.ts";
import type { Confirmation } from "../billing/types.ts";
import { loadConfig } from "../config.ts";
import { Store } from "../state/store.ts";
import type { AutoRecharge, CreditOrderState, CreditPurchase, CreditsBackend, Wanted } from "./backend.ts";

/** The page that the payment page returns to. */
export const PAGE = "/credits";

/** The seconds between requests while a payment is unconfirmed: two minutes in total. */
const PAUSES = [1, 2, 3, 5, 8, 13, 21, 30, 40];

/** The order that this tab went to pay for, and what was chosen for it; absent for an order of the recharge. */
export interface PaidOrder {
  order_id: string;
  wanted?: Wanted;
}

export type PurchaseState =
  | { step: "none" }
  /** `slow`: the first request did not find it. `idle`: no more requests until the user asks. */
  | { step: "confirming"; slow: boolean; idle: boolean }
  /** The payment was not confirmed. */
  | { step: "rejected"; failure: ApiError }
  /** The credits are there; `order` is null if another tab had paid. */
  | { step: "done"; order: CreditOrderState | null }
  /** It was paid, and bought nothing: it came late, is of another amount, or exceeds what may be bought. */
  | { step: "ended"; order: CreditOrderState }
  | { step: "failed"; reason: string | null }
  | { step: "closed" };

/** What `payOrder` needs: of a purchase, or of an order of the automatic recharge. */
type PayableOrder = Pick<CreditPurchase, "order_id" | "amount" | "currency"> & {
  expires_at?: string;
  checkout: CreditPurchase["checkout"] | NonNullable<NonNullable<AutoRecharge["pending"]>["checkout"]>;
};

type Backend = Pick<CreditsBackend, "verify" | "order">;

/** What becomes of a payment for credits, once its user returns. */
export class CreditPayment {
  readonly store = new Store<PurchaseState>({ step: "none" });
  readonly #backend: Backend;
  readonly #wait: (seconds: number) => Promise<void>;
  readonly #onDone: () => void;
  /** Counts what is asked for: a request that waits ends when the next one starts. */
  #turn = 0;

  /** `onDone` is called when the credits have changed. */
  constructor(backend: Backend, onDone: () => void, wait: (seconds: number) => Promise<void> = sleep) {
    this.#backend = backend;
    this.#onDone = onDone;
    this.#wait = wait;
  }

  /** Continues with what the payment page returned. */
  async open(returned: PaymentReturn | null, left: PaidOrder | null): Promise<void> {
    if (returned?.kind === "paid") await this.confirm(returned.confirmation, left);
    else if (returned?.kind === "failed") this.store.set({ step: "failed", reason: returned.reason });
    else if (returned) this.store.set({ step: "closed" });
  }

  /** Confirms a payment, and looks until its credits are there. Safe to repeat. After a provider's own page each look is a
   *  confirmation, because its payment may come later. */
  async confirm(confirmation: Confirmation, left: PaidOrder | null): Promise<void> {
    const turn = ++this.#turn;
    this.store.set({ step: "confirming", slow: false, idle: false });
    let verified = false;
    for (const pause of PAUSES) {
      try {
        if (!verified) await this.#backend.verify(confirmation);
        verified = !confirmation.checkout_id;
        const order = left && (await this.#backend.order(left.order_id));
        if (!order || !["open", "expired"].includes(order.state)) return this.#finish(order, turn);
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

  /** Forgets the result, and stops polling. */
  dismiss(): void {
    this.#turn += 1;
    this.store.set({ step: "none" });
  }

  /** Stops polling. */
  leave(): void {
    this.#turn += 1;
  }

  /** What comes once another is asked for is not shown, but the credits have changed. */
  #finish(order: CreditOrderState | null, turn: number): void {
    if (turn === this.#turn)
      this.store.set(order && order.state !== "paid" ? { step: "ended", order } : { step: "done", order });
    this.#onDone();
  }
}

/** Goes to the page where an order is paid, which returns to `/credits` with a `PaymentReturn`. `wanted`: what was chosen
 *  for it. Throws if the tab may store nothing. */
export async function payOrder(
  order: PayableOrder,
  description: string,
  email: string | null,
  wanted?: Wanted,
): Promise<void> {
  const { site_name } = await loadConfig();
  const { order_id, amount, currency, checkout } = order;
  const credits = { order_id, amount, currency, ...(wanted && { wanted }) };
  const expires_at = order.expires_at ?? null;
  const request = { ...checkout, description, email, site_name, return_to: PAGE, credits, expires_at };
  sessionStorage.setItem(KEY, JSON.stringify(request));
  if (checkout.key_id) location.assign("/pay.html");
  else if (checkout.short_url) goToPay(checkout.short_url);
  else location.assign(PAGE);
}

/** The order that this tab went to pay for, or null. */
export function lastOrder(): PaidOrder | null {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as { credits?: PaidOrder } | null)?.credits ?? null;
  } catch {
    return null;
  }
}

/** Whether another request makes sense: the payment itself was not rejected. */
function passes({ status }: ApiError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
