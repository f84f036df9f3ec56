import { api, body } from "./api/client.ts";
import { offline } from "./offline.ts";
import { Store } from "./state/store.ts";
import type { components } from "$types/api";

export type ListedModel = components["schemas"]["ListedModel"];
export type ModelSections = components["schemas"]["ModelList"]["sections"];

/** The available models in the API's order; null until they are read. */
export const models = new Store<readonly ListedModel[] | null>(null);
/** What the list says beside its models: the operator's default, and a few models of each kind. */
export const offered = new Store<{ default_model: string | null; sections: ModelSections }>({
  default_model: null,
  sections: [],
});
let reading: Promise<readonly ListedModel[]> | undefined;

/** Reads the models once. A failure is not remembered. Throws ApiError. */
export function loadModels(): Promise<readonly ListedModel[]> {
  reading ??= readModels().catch((failure: unknown) => {
    reading = undefined;
    throw failure;
  });
  return reading;
}

async function readModels(): Promise<readonly ListedModel[]> {
  const { items, default_model, sections } = await offline.read("models", async () =>
    body((await api()).GET("/api/chat/models")),
  );
  offered.set({ default_model, sections });
  models.set(items);
  return items;
}

/** A model's name: its own once the models are read, until then the last part of its id. A dated version, which answers
 *  in place of its model, has the model's name. */
export function modelName(id: string, listed: readonly ListedModel[] | null): string {
  const undated = id.replace(/-\d{4}-\d{2}-\d{2}$/, "");
  const model = listed?.find((each) => each.id === id) ?? listed?.find((each) => each.id === undated);
  return model?.name ?? id.slice(id.indexOf("/") + 1);
}
