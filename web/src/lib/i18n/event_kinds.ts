import { messages } from "./language.ts";

/** What Razorpay's events mean, by their names. An unknown event is shown by its name. */
const english = {
  "subscription.authenticated": "Mandate authorised",
  "subscription.activated": "Subscription activated",
  "subscription.charged": "Subscription charged",
  "subscription.completed": "Subscription completed",
  "subscription.updated": "Subscription changed",
  "subscription.pending": "Charge failed, will be retried",
  "subscription.halted": "Charges stopped after failures",
  "subscription.cancelled": "Subscription cancelled",
  "subscription.paused": "Subscription paused",
  "subscription.resumed": "Subscription resumed",
  "payment.authorized": "Payment authorised",
  "payment.captured": "Payment captured",
  "payment.failed": "Payment failed",
  "payment.dispute.created": "Payment disputed",
  "payment.dispute.action_required": "Dispute needs evidence",
  "payment.dispute.under_review": "Dispute under review",
  "payment.dispute.won": "Dispute won",
  "payment.dispute.lost": "Dispute lost",
  "payment.dispute.closed": "Dispute closed",
  "payment.downtime.started": "Payment method is down",
  "payment.downtime.updated": "Payment method downtime updated",
  "payment.downtime.resolved": "Payment method works again",
  "invoice.paid": "Invoice paid",
  "invoice.partially_paid": "Invoice partly paid",
  "invoice.expired": "Invoice expired",
  "refund.created": "Refund created",
  "refund.processed": "Refund processed",
  "refund.failed": "Refund failed",
  "refund.speed_changed": "Refund speed changed",
  "order.paid": "Order paid",
  "settlement.processed": "Settlement paid out",
} as Record<string, string>;

export type EventKinds = typeof english;
export const eventKinds = messages(english, { hi: () => import("./hi/event_kinds.ts") });
