import { api, body } from "./api/client.ts";
import { Store } from "./state/store.ts";
import type { components } from "$types/api";
import { cleanLine } from "./typed/clean.ts";

export type ListedModel = components["schemas"]["ListedModel"];

/** The available models in the API's order; null until they are read. */
export const models = new Store<readonly ListedModel[] | null>(null);
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
  const { items } = await body((await api()).GET("/api/chat/models"));
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

/** Models whose name or id contains all words of `words`, those in the plan first. */
export function findModels(listed: readonly ListedModel[], words: string): ListedModel[] {
  const wanted = cleanLine(words).toLowerCase().split(" ").filter(Boolean);
  const matches = listed.filter((model) => {
    const text = `${model.name} ${model.id}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  return matches.sort((one, other) => Number(other.in_plan !== false) - Number(one.in_plan !== false));
}
