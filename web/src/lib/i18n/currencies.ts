/** The digits of each currency that is sold in, after the point. `oneai/currencies.py` has the same table. Intl's own says
 *  two for rupiah, which are whole here. */
export const DIGITS: Record<string, number> = { INR: 2, USD: 2, IDR: 0 };
