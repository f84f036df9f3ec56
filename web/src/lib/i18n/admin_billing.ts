import { messages } from "./language.ts";

const english = {
  noSubscriptions: "No subscription in this state.",
  price: "Price",
  perPeriod: (amount: string, period: string) => `${amount} ${period}`,
  units: (quantity: string) => `× ${quantity}`,
  paidUntil: "Paid until",
  created: "Checkout began",
  subscription: "Subscription",
  providerId: "ID at the provider",
  paidFrom: "Paid from",
  cancelRequested: "Cancellation requested",
  ended: "Ended",
  lastSynced: "Last fetched from the provider",
  nextSync: "Fetched again",
  timeline: "Timeline",
  noTimeline: "Nothing has happened yet.",
  kinds: {
    event: "Event",
    change: "Change of plan",
    payment: "Payment",
    refund: "Refund",
    operation: "Sent to the provider",
  },
  /** Payments */
  onlyQuarantined: "Only those in quarantine",
  noPayments: "No payments.",
  noQuarantined: "No payment is in quarantine.",
  paid: "Paid",
  refunded: (amount: string) => `${amount} refunded`,
  refundPending: (amount: string) => `${amount} on its way back`,
  expected: (amount: string) => `expected: ${amount}`,
  payment: "Payment",
  refund: "Refund",
  refundTitle: "Refund a payment",
  refundPreview: (refundable: string, paid: string) =>
    `Up to ${refundable} of the ${paid} that were paid can be refunded.`,
  refundMinimum: (minimum: string) => `The provider refunds at least ${minimum}.`,
  endsAccess: "A refund of all of it ends the access that this payment pays for now.",
  keepsAccess: "It pays for no access that is running.",
  nothingToRefund: "Nothing of this payment can be refunded.",
  refundAmount: (currency: string) => `Amount in ${currency}`,
  refundNow: (amount: string) => `Refund ${amount}`,
  wrongAmount: "Enter an amount such as 799 or 799.50.",
  refundChanged:
    "Something of this payment was refunded since you looked. The preview is read anew: look at it, and refund again.",
  refundDone: "The refund was sent to the provider.",
  releaseLead: (paid: string, expected: string) =>
    `${paid} were paid, and ${expected} were expected. Released, the payment counts as if it had been sold, and gives the access that it pays for.`,
  unknownPrice: "nothing",
  /** Events */
  noEvents: "No events in this state.",
  event: "Event",
  received: "Received",
  processedAt: "Processed",
  about: "About",
  body: "Body",
  bodyGone: "The body was removed by retention, or by the erasure of the payer.",
  /** Operations */
  operations: "Sent to the provider",
  operationsLead: "Refunds and cancellations.",
  noOperations: "Nothing in this state.",
  operation: "What",
  operationKinds: {
    cancel: "Cancellation",
    cancel_at_period_end: "Cancellation at the end of the period",
    refund: "Refund",
  } as Record<string, string>,
  due: "Tried next",
};

export type AdminBilling = typeof english;
export const adminBilling = messages(english, { hi: () => import("./hi/admin_billing.ts") });
