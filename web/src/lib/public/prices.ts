import type { components } from "$types/api";

export type Plan = components["schemas"]["OfferedPlan"];
/** A row of the table that compares them. */
export type Row = components["schemas"]["Comparison"];
export type PlanPrice = Plan["prices"][number];
export type Period = PlanPrice["period"];
export type Currency = PlanPrice["currency"];

/** A plan that is sold by the seat. */
export type SeatPlan = Plan & { seats: NonNullable<Plan["seats"]> };

/** The plan that a team can buy by the seat; undefined if none is on sale. */
export function seatPlan(plans: readonly Plan[]): SeatPlan | undefined {
  return plans.find((plan): plan is SeatPlan => Boolean(plan.for_teams && plan.seats && plan.prices.length > 0));
}

/** The price of a plan; undefined if it is free or has no fixed price. */
export function priceOf(plan: Plan, currency: Currency, period: Period): PlanPrice | undefined {
  return plan.prices.find((price) => price.currency === currency && price.period === period);
}

/** How much a year saves against twelve months, in percent, for the plan that saves most; 0 if none does. */
export function yearlySaving(plans: readonly Plan[], currency: Currency): number {
  const savings = plans.map((plan) => {
    const month = priceOf(plan, currency, "monthly")?.amount;
    const year = priceOf(plan, currency, "yearly")?.amount;
    return month && year ? Math.floor(100 - (100 * year) / (12 * month)) : 0;
  });
  return Math.max(0, ...savings);
}

/** How many times the units of `base` a plan has of a quota; null if that is less than two, or the windows differ. */
export function timesAsMuch(plan: Plan, base: Plan | undefined, quota: string): number | null {
  const [own, other] = [plan.quotas[quota], base?.quotas[quota]];
  if (!own || !other || own.frequency !== other.frequency || other.limit <= 0) return null;
  const times = Math.floor(own.limit / other.limit);
  return times >= 2 ? times : null;
}

/** The initial currency of prices: that of people in India or Indonesia, by their clock or language. */
export function likelyCurrency(timeZone: string, language: string): Currency {
  if (/^Asia\/(Kolkata|Calcutta)$/.test(timeZone) || /-IN$/i.test(language)) return "INR";
  return /^Asia\/(Jakarta|Pontianak|Makassar|Jayapura)$/.test(timeZone) || /^id\b|-ID$/i.test(language) ? "IDR" : "USD";
}

/** The currencies that plans have prices in, rupees first; rupiah first for visitors from Indonesia. */
export function currenciesOf(plans: readonly Plan[], likely: Currency): Currency[] {
  const sold = (["INR", "USD", "IDR"] as const).filter((each) => plans.some((plan) => priceIn(plan, each)));
  return sold.includes(likely) && likely === "IDR" ? ["IDR", ...sold.filter((each) => each !== "IDR")] : sold;
}

function priceIn(plan: Plan, currency: Currency): boolean {
  return plan.prices.some((price) => price.currency === currency);
}

/** The address for choosing a plan. Visitors sign up before they pay. */
export function planAddress(plan: Plan, currency: Currency, period: Period, signedIn: boolean, seats?: number): string {
  if (plan.prices.length === 0) return signedIn ? "/c" : "/signup";
  const query = { period, currency, ...(seats && { seats: String(seats) }) };
  const checkout = `/checkout/${plan.id}?${new URLSearchParams(query)}`;
  return signedIn ? checkout : `/signup?next=${encodeURIComponent(checkout)}`;
}
