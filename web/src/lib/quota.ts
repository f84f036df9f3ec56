import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { Store } from "./state/store.ts";

export type QuotaStatus = components["schemas"]["QuotaStatus"];
export type QuotaUsage = components["schemas"]["QuotaUsage"];

/** The plan's quotas as last read; null until then. */
export const quota = new Store<QuotaStatus | null>(null);
let reading: Promise<void> | undefined;

/** Reads the quotas again; calls at the same time share a request. What cannot be read leaves the last state. */
export function loadQuota(): Promise<void> {
  reading ??= readQuota().finally(() => (reading = undefined));
  return reading;
}

async function readQuota(): Promise<void> {
  try {
    quota.set(await body((await api()).GET("/api/quota/status")));
  } catch {
    // The chip shows what was known; asking says what is wrong.
  }
}

/** How near the limit: 80, 90 or 100 percent reached, else 0. What is held counts, for it is as good as used. */
export function quotaLevel({ used, reserved, limit }: QuotaUsage): 0 | 80 | 90 | 100 {
  if (limit <= 0) return 0;
  const percent = ((used + reserved) / limit) * 100;
  return percent >= 100 ? 100 : percent >= 90 ? 90 : percent >= 80 ? 80 : 0;
}
