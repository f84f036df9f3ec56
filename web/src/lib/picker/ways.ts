import type { ListedModel } from "../models.ts";

/** A way to a model: who is asked, what pays, and why it is not open. */
export type Way = NonNullable<ListedModel["routes"]>[number];
export type Provider = Way["provider"];
export type KeyReason = Extract<Way["reason"], `key_${string}`>;

/** The provider whose key of the workspace pays the next answer of this model; null if another source does. */
export function payingKey(model: ListedModel): Provider | null {
  const way = model.routes?.find(({ available }) => available);
  return way?.source === "own_key" ? way.provider : null;
}

/** The workspace's key that keeps this model from answering, and why. A key that fails is not passed over. */
export function failingKey(model: ListedModel): { provider: Provider; reason: KeyReason } | null {
  const ways = model.routes ?? [];
  if (ways.some(({ available }) => available)) return null;
  const way = ways.find(({ source, reason }) => source === "own_key" && reason?.startsWith("key_"));
  return way ? { provider: way.provider, reason: way.reason as KeyReason } : null;
}

/** The provider whose key would open this model; its own one before OpenRouter. Null if none would. */
export function missingKey(model: ListedModel): Provider | null {
  const missing = (model.routes ?? []).filter(({ reason }) => reason === "no_key").map(({ provider }) => provider);
  return missing.find((provider) => provider !== "openrouter") ?? missing[0] ?? null;
}

/** Whether nothing but a key of one's own reaches this model. */
export function needsKey(model: ListedModel): boolean {
  return !!model.routes?.length && model.routes.every(({ source }) => source === "own_key");
}
