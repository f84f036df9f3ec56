import { loadConfig } from "../config.ts";
import type { CheckoutSession, Confirmation, Currency, Period, Subscription } from "./types.ts";

/** A purchase: the plan, its period, and whether it starts now or after the paid period. */
export interface Purchase {
  plan_id: string;
  period: Period;
  when: "now" | "period_end";
  /** The currency that its buyer chose; absent for a change, which keeps that of the plan. */
  currency?: Currency;
  /** The seats of a plan that is sold by the seat. */
  seats?: number;
  /** Only the number of seats changes: `added` ones are paid for now, `next` ones with the next charge. */
  seat_change?: "added" | "next";
  /** One more period of a plan that is paid ahead, which was paid until then before. */
  after?: string;
}

/** How the user returned from paying. */
export type PaymentReturn =
  { kind: "paid"; confirmation: Confirmation } | { kind: "failed"; reason: string | null } | { kind: "closed" };

/** The data for `/pay.html`, in the tab's own storage: anyone could write an address. */
interface PaymentRequest extends Purchase {
  key_id: string;
  subscription_id: string;
  /** An order to pay instead of the subscription. */
  order_id: string | null;
  short_url: string | null;
  /** Until when the provider's page can be paid. */
  expires_at: string | null;
  /** The plan's name, and the e-mail address for Razorpay's window. */
  description: string;
  email: string | null;
  /** The recipient of the payment, the window's title. */
  site_name: string;
  return_to: string;
}

/** `static/pay.js` reads it. */
export const KEY = "oneai.payment";

/** Whether a payer may be sent to this address: one over HTTPS, or a stand-in's on this machine. The API has checked that
 *  its host is the payment provider's. */
export function isPaymentPage(address: string, here: string): boolean {
  const LOCAL = ["127.0.0.1", "localhost"];
  const [page, app] = [new URL(address), new URL(here)];
  if (LOCAL.includes(page.hostname) && LOCAL.includes(app.hostname)) return true;
  return page.protocol === "https:" && page.username === "";
}

/** Goes to a payment provider's page. Throws if it is none. */
export function goToPay(address: string): void {
  if (!isPaymentPage(address, location.href)) throw new Error("This is not a page of a payment provider.");
  location.assign(address);
}

/** Goes to the page where `session` is paid, its added seats first, which returns to `/checkout/…` with a `PaymentReturn`. */
export async function openPaymentPage(
  session: CheckoutSession,
  purchase: Purchase,
  payer: { description: string; email: string | null },
): Promise<void> {
  const { site_name } = await loadConfig();
  const script = session.razorpay;
  const request: PaymentRequest = {
    ...purchase,
    ...payer,
    site_name,
    key_id: script?.key_id ?? "",
    subscription_id: script?.subscription_id ?? "",
    expires_at: session.seat_order?.expires_at ?? session.expires_at ?? null,
    order_id: session.seat_order?.order_id ?? null,
    short_url: session.short_url,
    return_to: `/checkout/${encodeURIComponent(purchase.plan_id)}`,
  };
  let stored = true;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(request));
  } catch {
    stored = false; // storage is forbidden: the provider's own page needs none
  }
  if (script && stored) return location.assign("/pay.html");
  // Without storage a payer of Razorpay pays on its own page.
  const page = script ? session.short_url : (session.seat_order?.short_url ?? session.checkout_url);
  if (script) location.assign(page ?? "/billing");
  else if (page) goToPay(page);
  else location.assign("/billing");
}

/** The purchase that this tab went to pay for, or null. */
export function lastPurchase(): Purchase | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Purchase;
    const { plan_id, period, when, currency, seats, seat_change, after } = kept;
    return {
      plan_id,
      period,
      when,
      ...(currency && { currency }),
      ...(seats && { seats }),
      ...(seat_change && { seat_change }),
      ...(after && { after }),
    };
  } catch {
    return null;
  }
}

/** Until when the page that this tab went to can be paid; null if that is not known. */
export function payBefore(): string | null {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as PaymentRequest | null)?.expires_at ?? null;
  } catch {
    return null;
  }
}

/** How a payer came back from a provider's own page; null if from elsewhere. */
export function readRedirect(query: URLSearchParams): "paid" | "closed" | null {
  if (!query.has("paid")) return null;
  return query.has("turned_back") ? "closed" : "paid";
}

/** Whether the payment at a provider's own page may come hours later. */
export function readLater(query: URLSearchParams): boolean {
  return query.has("paid") && query.has("later");
}

/** Our id of what was paid at a provider's own page, from the address that it returned to; null if it names none. */
export function readCheckoutId(query: URLSearchParams): string | null {
  return query.has("paid") ? query.get("id") : null;
}

/** Reads the fragment of the address that the payment page returned to; null if it names no payment. */
export function readReturn(fragment: string): PaymentReturn | null {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const [payment, subscription, order, signature] = ["payment_id", "subscription_id", "order_id", "signature"].map(
    (name) => fields.get(`razorpay_${name}`),
  );
  if (payment && (subscription || order) && signature) {
    const paid = subscription ? { razorpay_subscription_id: subscription } : { razorpay_order_id: order! };
    return { kind: "paid", confirmation: { razorpay_payment_id: payment, ...paid, razorpay_signature: signature } };
  }
  if (fields.has("failed")) return { kind: "failed", reason: fields.get("failed") || null };
  return fields.has("closed") ? { kind: "closed" } : null;
}

export type PurchaseResult = "active" | "trial" | "scheduled" | "seats_added" | "seats_next" | "extended";

/** The result of a purchase, from the API's subscription; null while it is unconfirmed. */
export function resultOf(subscription: Subscription, purchase: Purchase): PurchaseResult | null {
  const seats = purchase.seats ?? 0;
  if (purchase.seat_change === "added") return (subscription.seats ?? 0) >= seats ? "seats_added" : null;
  if (purchase.seat_change === "next") return subscription.renewal_seats === seats ? "seats_next" : null;
  if (purchase.after) return isLater(subscription.paid_until, purchase.after) ? "extended" : null;
  const same = subscription.plan_id === purchase.plan_id && subscription.period === purchase.period;
  if (same && subscription.status === "trial") return "trial";
  if (same && subscription.status === "active" && subscription.tier === purchase.plan_id) return "active";
  const { replacement: next } = subscription;
  const follows = next?.plan_id === purchase.plan_id && next.period === purchase.period;
  return purchase.when === "period_end" && follows ? "scheduled" : null;
}

function isLater(moment: string | null | undefined, before: string): boolean {
  return !!moment && Date.parse(moment) > Date.parse(before);
}

/** Whether a next period can be paid ahead: one at most, and none if another plan follows. */
export function canPayAhead({ prepaid, status, paid_until, current_period_end, replacement }: Subscription): boolean {
  const running = !!prepaid && status === "active" && !!current_period_end;
  return running && !isLater(paid_until, current_period_end) && !replacement;
}

/** Whether a purchase would change an existing subscription. An unpaid one, or one that is authorized without a trial,
 *  is started again and paid at once. */
export function isChangeable({ plan_id, status, tier }: Subscription): boolean {
  if (plan_id === null || status === "cancelled" || status === "unpaid") return false;
  return status !== "trial" || tier === plan_id;
}
