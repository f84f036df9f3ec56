import { loadConfig } from "../config.ts";
import type { CheckoutSession, Confirmation, Period, Subscription } from "./types.ts";

/** What is bought: the plan, how often it is charged, and whether it begins at once or after the paid period. */
export interface Purchase {
  plan_id: string;
  period: Period;
  when: "now" | "period_end";
}

/** How the person came back from paying. */
export type PaymentReturn =
  { kind: "paid"; confirmation: Confirmation } | { kind: "failed"; reason: string | null } | { kind: "closed" };

/** What `/pay.html` is handed over, in the tab's own storage: an address could be written by anybody. */
interface PaymentRequest extends Purchase {
  key_id: string;
  subscription_id: string;
  short_url: string | null;
  /** The plan's name, and the address that Razorpay's window is filled in with. */
  description: string;
  email: string | null;
  /** Whom the person pays, as the window's title. */
  site_name: string;
  return_to: string;
}

/** `static/pay.js` reads it. */
const KEY = "oneai.payment";

/** Leaves for the page on which `session` is paid, which leads back to `/checkout/…` with a `PaymentReturn`. */
export async function openPaymentPage(
  session: CheckoutSession,
  purchase: Purchase,
  payer: { description: string; email: string | null },
): Promise<void> {
  const { site_name } = await loadConfig();
  const request: PaymentRequest = {
    ...purchase,
    ...payer,
    site_name,
    key_id: session.razorpay.key_id,
    subscription_id: session.razorpay.subscription_id,
    short_url: session.short_url,
    return_to: `/checkout/${encodeURIComponent(purchase.plan_id)}`,
  };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(request));
    location.assign("/pay.html");
  } catch {
    location.assign(session.short_url ?? "/billing"); // storage is forbidden: the provider's own page needs none
  }
}

/** What this tab went to pay for, or null. */
export function lastPurchase(): Purchase | null {
  try {
    const { plan_id, period, when } = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Purchase;
    return { plan_id, period, when };
  } catch {
    return null;
  }
}

/** Reads the fragment of the address that the payment page led to; null where it names no payment. */
export function readReturn(fragment: string): PaymentReturn | null {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const [payment, subscription, signature] = ["payment_id", "subscription_id", "signature"].map((name) =>
    fields.get(`razorpay_${name}`),
  );
  if (payment && subscription && signature) {
    const confirmation = {
      razorpay_payment_id: payment,
      razorpay_subscription_id: subscription,
      razorpay_signature: signature,
    };
    return { kind: "paid", confirmation };
  }
  if (fields.has("failed")) return { kind: "failed", reason: fields.get("failed") || null };
  return fields.has("closed") ? { kind: "closed" } : null;
}

export type PurchaseResult = "active" | "trial" | "scheduled";

/** What a purchase has become by what the API says of the subscription; null while it is not confirmed. */
export function resultOf(subscription: Subscription, purchase: Purchase): PurchaseResult | null {
  const same = subscription.plan_id === purchase.plan_id && subscription.period === purchase.period;
  if (same && subscription.status === "trial") return "trial";
  if (same && subscription.status === "active" && subscription.tier === purchase.plan_id) return "active";
  return purchase.when === "period_end" && subscription.cancel_requested_at !== null ? "scheduled" : null;
}

/** Whether there is a subscription that a purchase would change rather than begin. One that is unpaid, or authorized
 *  without a trial, is begun anew and paid at once. */
export function isChangeable({ plan_id, status, tier }: Subscription): boolean {
  if (plan_id === null || status === "cancelled" || status === "unpaid") return false;
  return status !== "trial" || tier === plan_id;
}
