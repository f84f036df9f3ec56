import { messages } from "./language.ts";

const english = {
  title: "Automatic recharge",
  lead: "Buys a package when your credits fall below an amount. It is off until you turn it on.",
  on: "Recharge automatically",
  onHint: "Your card or account is debited without asking you each time.",
  below: "When less than this is left, in US dollars",
  package: "Buy",
  perMonth: (currency: string) => `At most in a month, with tax, in ${currency}`,
  spent: (spent: string, most: string) => `${spent} of ${most} this month`,
  wrongBelow: "Enter an amount from $0.10 to $10,000.",
  wrongMonth: "Enter an amount.",
  save: "Save",
  saved: "Saved.",
  off: "It is off.",
  needsDetails: "Buy credits once first, so that we have your billing details.",
  needsDetailsButton: "Buy credits",
  ownersOnly: "Only owners can change this.",
  holderOnly: "It debits the card or account of another owner, who alone can turn it on. You can turn it off.",
  /** India */
  notice: (hours: number) =>
    `Your bank tells you about each debit, so the credits come about ${hours} hours after the balance is low.`,
  confirms: (above: string) => `A debit above ${above} is not made until you confirm it. We email you about it.`,
  confirmsEach: "This package costs more than that, so you confirm each recharge.",
  /** States */
  authorize: "Authorize with the first payment",
  authorizeText: (amount: string) => `It starts with a payment of ${amount}, which authorizes later debits.`,
  pending: (amount: string, time: string) => `${amount} will be debited on ${time}.`,
  pendingSoon: (amount: string) => `${amount} is being debited.`,
  confirm: "Confirm and pay",
  confirmText: (amount: string, time: string) =>
    `A recharge of ${amount} is waiting for your confirmation until ${time}.`,
  unpaid: "It starts with a payment, which was not made in time. Save it again to pay.",
  active: "It is on. Nothing is due.",
  pausedUntil: (time: string) => `Paused until ${time}.`,
  paused: "Paused.",
  problems: {
    refused: "The last debit was refused. The third refusal in a row turns it off.",
    month_spent: "The sum of this month is used up.",
    day_spent: "It bought ten packages within a day, so it is paused.",
    not_allowed: "The owner whose card or account it is can’t buy now.",
    not_sold: "The package is no longer sold. Choose another one.",
    not_authorized: "Debits are not authorized any more. Turn it on again.",
    over_limit: "More than this can’t be bought yet. The limit grows with time.",
  },
};

export type CreditRecharge = typeof english;
export const creditRecharge = messages(english, { hi: () => import("./hi/credit_recharge.ts") });
