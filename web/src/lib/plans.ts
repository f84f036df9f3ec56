import type { PlanMessages } from "./i18n/plans.ts";

/** A plan's name: from `messages`, otherwise the API's, otherwise its id until plans are read. */
export function planName(
  id: string,
  plans: readonly { id: string; name: string }[],
  { names }: Pick<PlanMessages, "names">,
): string {
  return names[id] ?? plans.find((plan) => plan.id === id)?.name ?? id.slice(0, 1).toUpperCase() + id.slice(1);
}

/** The list without the plans that only a team can have. */
export function forPeople<List extends { items: { for_teams: boolean }[] }>(list: List): List {
  return { ...list, items: list.items.filter((plan) => !plan.for_teams) };
}

/** The next larger plan on sale, or null. `plans` are in order, the smallest first. */
export function nextPlan<P extends { id: string; prices: readonly unknown[] }>(
  plans: readonly P[],
  tier: string,
): P | null {
  const at = plans.findIndex(({ id }) => id === tier);
  return plans.slice(at + 1).find(({ prices }) => prices.length > 0) ?? null;
}
