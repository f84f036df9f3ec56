import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { Resource } from "../state/resource.ts";
import type { ProviderKey, ProviderKeyChanges, NewProviderKey } from "./provider_key_form.ts";

export type ProviderKeyTest = components["schemas"]["ProviderKeyTest"];
export type ProviderKeyUsage = components["schemas"]["ProviderKeyUsage"];
type ProviderKeyItems = components["schemas"]["ProviderKeyList"];

/** The workspace's keys for model providers and their actions. Each throws ApiError. */
export class ProviderKeys {
  readonly list = new Resource<ProviderKeyItems>(async () => body((await api()).GET("/api/settings/provider-keys")));

  async add(key: NewProviderKey): Promise<ProviderKey> {
    const made = await body((await api()).POST("/api/settings/provider-keys", { body: key }));
    this.#change((items) => [...items, made]);
    return made;
  }

  async change(id: string, changes: ProviderKeyChanges): Promise<ProviderKey> {
    const params = { path: { id } };
    const changed = await body((await api()).PUT("/api/settings/provider-keys/{id}", { params, body: changes }));
    this.#change((items) => items.map((each) => (each.id === id ? changed : each)));
    return changed;
  }

  async remove(id: string): Promise<void> {
    await body((await api()).DELETE("/api/settings/provider-keys/{id}", { params: { path: { id } } }));
    this.#change((items) => items.filter((each) => each.id !== id));
  }

  /** Asks the provider, and shows on the key what it said. */
  async test(id: string): Promise<ProviderKeyTest> {
    const tested = await body(
      (await api()).POST("/api/settings/provider-keys/{id}/test", { params: { path: { id } } }),
    );
    this.#change((items) => items.map((each) => (each.id === id ? withResult(each, tested) : each)));
    return tested;
  }

  /** What the key was used for in the last thirty days. */
  async usage(id: string): Promise<ProviderKeyUsage> {
    const params = { path: { id }, query: { days: 30 } };
    return body((await api()).GET("/api/settings/provider-keys/{id}/usage", { params }));
  }

  #change(change: (items: readonly ProviderKey[]) => ProviderKey[]): void {
    const now = this.list.store.value;
    if (now.state === "ready") this.list.set({ items: change(now.value.items) });
  }
}

function withResult(key: ProviderKey, { problem }: ProviderKeyTest): ProviderKey {
  return { ...key, problem, state: problem === "key_refused" ? "refused" : "active" };
}
