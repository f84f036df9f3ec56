import { messages } from "./language.ts";

const english = {
  title: "Your offer",
  openOffers: "Offers for you",
  see: "See the offer",
  plan: "Plan",
  seats: "Seats",
  months: "Months",
  price: "Price, with tax",
  validUntil: "Open until",
  quotas: "Answers a month",
  small: (units: string) => `${units} from small models`,
  large: (units: string) => `${units} from large models`,
  states: {
    open: "Open",
    paid: "This offer is paid.",
    withdrawn: "This offer was withdrawn. Contact us if you still want it.",
    expired: "This offer has expired. Contact us if you still want it.",
  },
  paidUntil: (day: string) => `Your plan runs until ${day}.`,
  accept: "Accept and pay",
  acceptTransfer: "Accept",
  transfer:
    "Transfer the amount to this account, and write the reference into the transfer. The plan starts when we have received it.",
  accepted: "You have accepted this offer.",
  holder: "Account holder",
  bank: "Bank",
  accountNumber: "Account number",
  code: (currency: string) => (currency === "INR" ? "IFSC" : "SWIFT/BIC"),
  reference: "Reference",
  details: "Add billing details",
  confirming: "We’re confirming your payment.",
  /** The form of the pricing page */
  askTitle: "Ask for Enterprise",
  askLead: "Tell us what you need. We answer by email with an offer.",
  company: "Company",
  people: "How many people",
  message: "Message",
  send: "Send",
  sent: (time: string) => `Thank you. We answer by ${time}.`,
  empty: "Write a few words.",
  sentences: {
    billing_details_required: "Add your billing details first. The invoice needs them.",
    offer_not_open: "This offer is not open any more.",
    role_insufficient: "Only an owner can accept an offer.",
    not_found: "There’s no such offer here. Sign in as an owner of the team that it was made to.",
    rate_limited: "You have written to us several times today. Please wait for our answer.",
  } as Record<string, string>,
};

export type Offers = typeof english;
export const offers = messages(english, { hi: () => import("./hi/offers.ts") });
