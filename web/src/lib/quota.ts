import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { Store } from "./state/store.ts";

export type QuotaStatus = components["schemas"]["QuotaStatus"];
export type QuotaUsage = components["schemas"]["QuotaUsage"];

/** The plan's quotas as last read; null until then. */
export const quota = new Store<QuotaStatus | null>(null);
let reading: Promise<void> | undefined;

/** Reads the quotas again. Calls at the same time share a request. A failure keeps the last state. */
export function loadQuota(): Promise<void> {
  reading ??= readQuota().finally(() => (reading = undefined));
  return reading;
}

async function readQuota(): Promise<void> {
  try {
    quota.set(await body((await api()).GET("/api/quota/status")));
  } catch {
    // The chip shows the last state; asking reports the problem.
  }
}

/** How near the user is to their own share of a team's pool, in the same steps; 0 without one. */
export function shareLevel({ member }: QuotaUsage): 0 | 80 | 90 | 100 {
  return member?.limit ? quotaLevel({ used: member.used, reserved: 0, limit: member.limit }) : 0;
}

/** How near the limit is: 80, 90 or 100 percent reached, otherwise 0. Held units count as used. */
export function quotaLevel({
  used,
  reserved,
  limit,
}: Pick<QuotaUsage, "used" | "reserved" | "limit">): 0 | 80 | 90 | 100 {
  if (limit <= 0) return 0;
  const percent = ((used + reserved) / limit) * 100;
  return percent >= 100 ? 100 : percent >= 90 ? 90 : percent >= 80 ? 80 : 0;
}

/** Whether credits pay what the plan does not hold. Members of a team do not see how much is left. */
export function creditsPay(status: QuotaStatus | null): boolean {
  const { credits } = status ?? {};
  return !!credits?.order.includes("credits") && credits.available_micro_usd !== 0;
}

/** What pays the next answer of this quota, as the API decides; null: nothing does, or it is not known. `inPlan`:
 *  whether the plan has its model. */
export function payerOf(status: QuotaStatus | null, quotaKey: string, inPlan: boolean): "plan" | "credits" | null {
  const usage = status?.quotas[quotaKey];
  const plan = inPlan && !!usage && usage.remaining > 0;
  const pays = { plan, credits: creditsPay(status) };
  const order = (status?.credits?.order ?? ["plan" as const]).filter((source) => source !== "own_key");
  return order.find((source) => pays[source]) ?? null;
}
