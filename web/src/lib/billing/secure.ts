import type { Checkout } from "../i18n/checkout.ts";

/** Who takes the payment, as a sentence for the payer. */
export function secureSentence(words: Checkout, paymentProvider: string): string {
  if (paymentProvider === "stripe") return words.secureStripe;
  return paymentProvider === "midtrans" ? words.secureMidtrans : words.secure;
}
