import type { Currency } from "../billing/types.ts";
import { digitsOf } from "../i18n/format.ts";
import { parseNumber } from "../typed/numbers.ts";
import type { CreditPackageList, Wanted } from "./backend.ts";

/** What can be bought in one currency. */
export interface Offered {
  id: string;
  credit_micro_usd: number;
  bonus_micro_usd: number;
  /** In the currency's smallest unit. */
  price: number;
}

const DOLLAR = 1_000_000;

/** The currencies for people of a country: rupees in India, rupiah in Indonesia if they are sold, elsewhere the others. */
export function currenciesFor(list: CreditPackageList, country: string): Currency[] {
  const all = list.currencies as Currency[];
  const own = country === "IN" ? "INR" : country === "ID" ? "IDR" : null;
  if (own && all.includes(own)) return [own];
  return all.filter((each) => each !== "IDR");
}

/** The packages with a price in this currency, the smallest first. */
export function packagesIn(list: CreditPackageList, currency: Currency): Offered[] {
  return list.items.flatMap(({ prices, ...each }) => {
    const price = prices[currency];
    return price === undefined ? [] : [{ ...each, price }];
  });
}

/** What a custom amount buys. `credit_micro_usd` is null for what is no amount, or outside of the limits. */
export interface CustomOffer {
  amount: number | null;
  credit_micro_usd: number | null;
  least: number;
  most: number;
}

/** A typed amount of this currency; null if the currency has no custom amounts. The API rounds down as this does. */
export function customOffer(list: CreditPackageList, currency: Currency, typed: string): CustomOffer | null {
  const rate = list.custom.find((each) => each.currency === currency);
  if (!rate) return null;
  const { least, most, per_dollar } = rate;
  const amount = amountOf(typed, currency);
  const sold = amount !== null && amount >= least && amount <= most;
  return { amount, credit_micro_usd: sold ? Math.floor((amount * DOLLAR) / per_dollar) : null, least, most };
}

/** A typed amount of money in the smallest unit of its currency; null for anything else. */
export function amountOf(typed: string, currency: Currency): number | null {
  const parsed = parseNumber(typed.replace(/^\s*(?:₹|Rs\.?|INR|US\$|\$|USD|Rp|IDR)\s*/i, ""), digitsOf(currency));
  return typeof parsed === "number" ? parsed : null;
}

/** An amount in the smallest unit of its currency, as people type it. */
export function typedAmount(amount: number, currency: Currency): string {
  const digits = digitsOf(currency);
  const unit = 10 ** digits;
  return amount % unit === 0 ? String(amount / unit) : (amount / unit).toFixed(digits);
}

/** Keeps one key for one purchase: the same terms are the same order, however often they are sent. */
export class PurchaseKey {
  #terms = "";
  #key = "";

  /** The key of these terms; another one once they differ. */
  of(wanted: Wanted): string {
    const terms = JSON.stringify(wanted);
    if (terms !== this.#terms) [this.#terms, this.#key] = [terms, crypto.randomUUID()];
    return this.#key;
  }

  /** The next purchase is another one, also with the same terms. */
  renew(): void {
    this.#terms = "";
  }
}
