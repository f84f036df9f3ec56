import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { Resource } from "../state/resource.ts";
import type { ApiKey, NewApiKey } from "./key_form.ts";

export type NewSecret = components["schemas"]["NewSecret"];
export type KeyUsage = components["schemas"]["UsageReport"];

interface KeyList {
  items: readonly ApiKey[];
  next_cursor: string | null;
}

/** The user's API keys and their actions. Each throws ApiError. */
export class ApiKeys {
  readonly list = new Resource<KeyList>(() => page(null));

  async more(): Promise<void> {
    const now = this.list.store.value;
    if (now.state !== "ready" || !now.value.next_cursor) return;
    const { items, next_cursor } = await page(now.value.next_cursor);
    this.list.set({ items: [...now.value.items, ...items], next_cursor });
  }

  /** Creates a key. Only this response contains its secret. */
  async create(key: NewApiKey): Promise<NewSecret> {
    const made = await body((await api()).POST("/api/user/api-keys", { body: key }));
    this.#change(({ items, next_cursor }) => ({ items: [withoutSecret(made), ...items], next_cursor }));
    return made;
  }

  async change(id: string, changes: NewApiKey): Promise<void> {
    const params = { path: { id } };
    this.#replace(await body((await api()).PATCH("/api/user/api-keys/{id}", { params, body: changes })));
  }

  /** Creates a new secret. The current one stays valid for `overlap_seconds`. */
  async rotate(id: string, overlap_seconds: number): Promise<NewSecret> {
    const params = { path: { id } };
    const made = await body(
      (await api()).POST("/api/user/api-keys/{id}/rotate", { params, body: { overlap_seconds } }),
    );
    this.#replace(withoutSecret(made));
    return made;
  }

  async revoke(id: string): Promise<void> {
    await body((await api()).DELETE("/api/user/api-keys/{id}", { params: { path: { id } } }));
    this.#change(({ items, next_cursor }) => ({
      items: items.map((each) => (each.id === id ? { ...each, state: "revoked" as const } : each)),
      next_cursor,
    }));
  }

  /** The usage of a key in the last thirty days, by model. */
  async usage(id: string): Promise<KeyUsage> {
    const tz = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const params = { path: { id }, query: { group_by: "model" as const, tz } };
    return body((await api()).GET("/api/user/api-keys/{id}/usage", { params }));
  }

  #replace(key: ApiKey): void {
    this.#change(({ items, next_cursor }) => ({
      items: items.map((each) => (each.id === key.id ? key : each)),
      next_cursor,
    }));
  }

  #change(change: (list: KeyList) => KeyList): void {
    const now = this.list.store.value;
    if (now.state === "ready") this.list.set(change(now.value));
  }
}

async function page(cursor: string | null): Promise<KeyList> {
  return body((await api()).GET("/api/user/api-keys", { params: { query: cursor ? { cursor } : {} } }));
}

function withoutSecret(made: NewSecret): ApiKey {
  const key: ApiKey & { secret?: string } = { ...made };
  delete key.secret;
  return key;
}
