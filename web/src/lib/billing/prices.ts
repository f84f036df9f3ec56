import type { Currency, Period, Plan, PlanPrice } from "./types.ts";

/** The price of a plan, or undefined where it is not sold so. */
export function priceOf(plan: Plan, period: Period, currency: Currency): PlanPrice | undefined {
  return plan.prices.find((price) => price.period === period && price.currency === currency);
}

/** How often the plan can be paid. */
export function periodsOf(plan: Plan): Period[] {
  return [...new Set(plan.prices.map(({ period }) => period))];
}

/** The currencies that people of a country can pay in: dollars are for people outside India. */
export function currenciesFor(plan: Plan, country: string): Currency[] {
  const all = [...new Set(plan.prices.map(({ currency }) => currency))];
  return country === "IN" ? all.filter((currency) => currency === "INR") : all;
}
