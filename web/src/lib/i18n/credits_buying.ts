import { messages } from "./language.ts";

const english = {
  title: "Buy credits",
  choose: "How much?",
  package: (credits: string) => `${credits} of credits`,
  bonus: (bonus: string) => `${bonus} bonus`,
  custom: "Another amount",
  customText: "No bonus",
  customAmount: (currency: string) => `Amount in ${currency}`,
  customRange: (least: string, most: string) => `From ${least} to ${most}.`,
  details: "Billing details",
  review: "Review the order",
  summary: "Summary",
  credits: "Credits",
  bonusLine: "Bonus",
  price: "Price",
  total: "To pay now",
  taxIncluded: "GST is included.",
  taxAdded: "GST is added. You see it before you pay.",
  untaxed: "No tax is added.",
  until: (time: string) => `This order can be paid until ${time}. A later payment goes back to you.`,
  once: "You pay once. Nothing renews.",
  lasts: "Bought credits and their bonus end twelve months after the payment.",
  back: "Change the order",
  equivalent: (answers: string, model: string) => `About ${answers} answers of ${model}.`,
  description: (credits: string) => `${credits} of credits`,
  /** Coming back from the payment page */
  done: "Your credits are here",
  doneText: (credits: string) => `${credits} of credits can be used now.`,
  doneBonus: (bonus: string) => `${bonus} came as a bonus.`,
  doneAnother: "The balance below has them.",
  chat: "Start a chat",
  ended: {
    late: "This payment came too late",
    paid_twice: "This order was paid twice",
    over_limit: "This card or account can’t buy that much yet",
    buying_blocked: "This card or account can’t buy credits",
    other_country: "This card or account is from another country",
    checking: "We’re checking this payment",
  },
  endedText: {
    late: "The order could no longer be paid. The whole amount goes back to you within a few days. Buy again if you still want the credits.",
    paid_twice: "The credits came with the first payment. The second one goes back to you within a few days.",
    over_limit:
      "It bought credits for other accounts too, which count together. The whole amount goes back to you within a few days. The limit grows with time.",
    buying_blocked: "A payment with it was disputed before. The whole amount goes back to you within a few days.",
    other_country:
      "Your billing address says another country. The whole amount goes back to you within a few days. Pay with a card or account of that country, or correct the address.",
    checking:
      "Its amount or currency is not that of the order. We look at it and either add the credits or send the money back. You don’t need to pay again.",
  },
  idle: "We’re still waiting for the confirmation. The credits come with it. You can leave this page, and you don’t need to pay again.",
  /** Refusals, by code. */
  refusals: {
    credits_blocked: "Credits can’t be bought after a disputed payment. Contact us about it.",
    credit_limit_reached: "This is more than you can buy now.",
    idempotency_conflict: "The order was changed in another tab. Review it again.",
  } as Record<string, string>,
  limitLeft: (left: string, most: string) => `You can still buy ${left} of ${most} now.`,
  limitGrows: "The limit grows with the days since your first purchase. Contact us if you need more.",
  countedBy: {
    person: "",
    address: "Everything bought for this billing address counts.",
    instrument: "Everything bought with this card or account counts.",
  } as Record<string, string>,
  contact: "Contact us",
  /** Refunds */
  refundTitle: "Refund this purchase?",
  refundAmount: "You get back",
  refundUsed: "Already used, with the bonus",
  refundHeld: "Held for answers in progress",
  refundHint:
    "The credits that are left and their bonus end. The money goes back to what you paid with, usually within a week. You can do this once in 90 days.",
  refundUntil: (day: string) => `You can ask for this until ${day}.`,
  refundConfirm: "Refund",
  refundDone: (amount: string) => `${amount} goes back to what you paid with.`,
  refundAsked: (day: string) => `You asked for this refund on ${day}. It’s on its way.`,
  noRefund: "There is no refund",
  noRefundText: {
    ended: "These credits have ended.",
    disputed: "The payment of these credits is in dispute.",
    too_late: "The time for a refund is over.",
    too_soon: "You had a refund of credits within the last 90 days. Contact us about another one.",
    too_large: "Contact us about a refund of more than 200 dollars of credits.",
    nothing_left: "Nothing is left to refund: you used as much as you paid for, with the bonus.",
  } as Record<string, string>,
};

export type CreditsBuying = typeof english;
export const creditsBuying = messages(english, { hi: () => import("./hi/credits_buying.ts") });
