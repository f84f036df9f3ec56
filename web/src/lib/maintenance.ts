import { Store } from "./state/store.ts";

/** A maintenance, as the API's refusals and `/api/status` describe it. */
export interface Maintenance {
  /** The operators' message. */
  message: string;
  /** The expected end; null if it is unknown. */
  ends_at: string | null;
}

/** The current maintenance, by the API's last response; null if there is none. */
export const maintenance = new Store<Maintenance | null>(null);

/** Stores the maintenance in a refusal of the API. Other refusals change nothing. */
export function rememberRefusal(body: Partial<Maintenance> & { code?: string }): void {
  if (body.code !== "maintenance") return;
  const { message = "", ends_at = null } = body;
  if (maintenance.value?.message !== message || maintenance.value.ends_at !== ends_at)
    maintenance.set({ message, ends_at });
}

/** A request succeeded: there is no maintenance. */
export function rememberSuccess(): void {
  maintenance.set(null);
}
