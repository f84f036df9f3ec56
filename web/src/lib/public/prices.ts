import type { components } from "$types/api";

export type Plan = components["schemas"]["OfferedPlan"];
export type PlanPrice = Plan["prices"][number];
export type Period = PlanPrice["period"];
export type Currency = PlanPrice["currency"];

/** The price of a plan, or undefined where it has none: it is free, or sold by people. */
export function priceOf(plan: Plan, currency: Currency, period: Period): PlanPrice | undefined {
  return plan.prices.find((price) => price.currency === currency && price.period === period);
}

/** Percent that a year costs less than twelve months, the most of any plan; 0 where it does not. */
export function yearlySaving(plans: readonly Plan[], currency: Currency): number {
  const savings = plans.map((plan) => {
    const month = priceOf(plan, currency, "monthly")?.amount;
    const year = priceOf(plan, currency, "yearly")?.amount;
    return month && year ? Math.floor(100 - (100 * year) / (12 * month)) : 0;
  });
  return Math.max(0, ...savings);
}

/** The currency that prices are shown in first: rupees for people in India, as their clock or language says. */
export function likelyCurrency(timeZone: string, language: string): Currency {
  return /^Asia\/(Kolkata|Calcutta)$/.test(timeZone) || /-IN$/i.test(language) ? "INR" : "USD";
}

/** Where choosing a plan leads. What must be paid for goes by way of signing up, for visitors. */
export function planAddress(plan: Plan, currency: Currency, period: Period, signedIn: boolean): string {
  if (plan.prices.length === 0) return signedIn ? "/c" : "/signup";
  const checkout = `/checkout/${plan.id}?${new URLSearchParams({ period, currency })}`;
  return signedIn ? checkout : `/signup?next=${encodeURIComponent(checkout)}`;
}
