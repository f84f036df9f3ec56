import type { Checkout } from "../i18n/checkout.ts";
import { LOCALES } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import type { ProviderTerms } from "./types.ts";

/** Who takes the payment, as a sentence for the payer. Ways to pay that have no words here are left out. */
export function secureSentence(words: Checkout, terms: ProviderTerms, language: Language): string {
  const ways = terms.methods.flatMap((each) => words.ways[each] ?? []);
  const list = new Intl.ListFormat(LOCALES[language], { type: "disjunction" });
  if (ways.length > 0) return words.secureBy(terms.name, list.format(ways));
  return (terms.own_page ? words.securePage : words.secure)(terms.name);
}
