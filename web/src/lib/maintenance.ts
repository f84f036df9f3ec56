import { Store } from "./state/store.ts";

/** A maintenance, as the API's refusals and `/api/status` describe it. */
export interface Maintenance {
  /** The operators' sentence. */
  message: string;
  /** When it is expected to end; null: unknown. */
  ends_at: string | null;
}

/** The maintenance that is going on, as the last answer of the API said; null: there is none. */
export const maintenance = new Store<Maintenance | null>(null);

/** Remembers the maintenance that a refusal of the API describes; other refusals change nothing. */
export function rememberRefusal(body: Partial<Maintenance> & { code?: string }): void {
  if (body.code !== "maintenance") return;
  const { message = "", ends_at = null } = body;
  if (maintenance.value?.message !== message || maintenance.value.ends_at !== ends_at)
    maintenance.set({ message, ends_at });
}

/** Remembers that a request was served. */
export function rememberSuccess(): void {
  maintenance.set(null);
}
