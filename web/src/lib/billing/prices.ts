import type { Currency, Period, Plan, PlanList, PlanPrice } from "./types.ts";

/** The price of a plan; undefined if it is not sold this way. */
export function priceOf(plan: Plan, period: Period, currency: Currency): PlanPrice | undefined {
  return plan.prices.find((price) => price.period === period && price.currency === currency);
}

/** The periods in which the plan can be paid. */
export function periodsOf(plan: Plan): Period[] {
  return [...new Set(plan.prices.map(({ period }) => period))];
}

/** The currencies for people of a country: rupees in India, rupiah in Indonesia if they are sold, elsewhere the others. */
export function currenciesFor(plan: Plan, country: string): Currency[] {
  const all = [...new Set(plan.prices.map(({ currency }) => currency))];
  const own = country === "IN" ? "INR" : country === "ID" ? "IDR" : null;
  if (own && all.includes(own)) return [own];
  return all.filter((currency) => currency !== "IDR");
}

/** The plans that this kind of workspace can have, and `every` plan. */
export function forWorkspace(list: Omit<PlanList, "every">, team: boolean): PlanList {
  const items = list.items.filter((plan) => (team ? plan.for_teams || plan.contact_sales : !plan.for_teams));
  return { ...list, items, every: list.items };
}
