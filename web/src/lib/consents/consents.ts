import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { session } from "../auth/session.ts";
import { loadConfig, versionsOf } from "../config.ts";
import { read, write } from "../storage.ts";
import { Store } from "../state/store.ts";

export type Consents = components["schemas"]["Consents"];
type ConsentKind = components["schemas"]["RequiredConsent"]["kind"];

const KEY = "oneai.consents";

/** The signed-in user's consents; null until they are read. A device that knows that none of the current versions is
 *  missing does not read them again. */
export const consents = new Store<Consents | null>(null);

/** Checks whether the user must still agree to something. After a failure it does not ask; the next visit checks
 *  again. */
export async function checkConsents(): Promise<void> {
  try {
    if (read(KEY) === (await complete())) return;
    await loadConsents();
  } catch {
    return;
  }
}

/** Reads them. Throws ApiError. */
export async function loadConsents(): Promise<Consents> {
  return keep(await body((await api()).GET("/api/user/consents")));
}

/** Agrees to all missing consents. Throws ApiError. */
export async function agree(): Promise<void> {
  const missing = consents.value?.required ?? [];
  await keep(await body((await api()).POST("/api/user/consents", { body: { consents: missing } })));
}

/** Withdraws one consent. Throws ApiError. */
export async function withdraw(kind: ConsentKind): Promise<void> {
  await keep(await body((await api()).DELETE("/api/user/consents/{kind}", { params: { path: { kind } } })));
}

async function keep(now: Consents): Promise<Consents> {
  consents.set(now);
  write(KEY, now.required.length === 0 ? await complete() : null);
  return now;
}

/** The device's record of a user who agreed to all current versions. */
async function complete(): Promise<string> {
  return JSON.stringify([session.userId, versionsOf(await loadConfig())]);
}
