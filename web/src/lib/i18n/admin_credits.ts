import { messages } from "./language.ts";

const english = {
  left: "Left with workspaces",
  owed: "Owed",
  used: "Used in thirty days",
  cost: "Cost of these answers",
  margin: "Margin",
  unexplained: "Payments and credits that do not explain each other",
  none: "Each payment and each bought credit is explained.",
  kinds: {
    payment_without_credits: "A payment without its credits",
    payment_without_refund: "A payment that bought nothing and was not refunded",
    credits_without_payment: "Bought credits without a payment",
    refund_not_sent: "A refund that was not sent",
    ledger_of_another_amount: "The ledger has another amount",
  },
  days: "By day (UTC)",
  day: "Day",
  columns: {
    sold: "Sold",
    granted: "Given",
    used: "Used",
    expired: "Ended",
    refunded: "Refunded",
    voided: "Taken back",
    liability: "Left at the end",
  },
  sales: "Purchases",
  noSales: "No purchases in these days.",
  currency: "Currency",
  purchases: "Number",
  paid: "Paid",
  tax: "Tax in it",
  moneyRefunded: "Refunded",
  liability: "Bought and not used",
  price: "Price paid",
};

export type AdminCredits = typeof english;
export const adminCredits = messages(english, { hi: () => import("./hi/admin_credits.ts") });
