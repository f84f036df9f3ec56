import { byMaker, makerKey } from "../model_makers.ts";
import type { ListedModel } from "../models.ts";
import { payingKey } from "./ways.ts";

/** The filter of models that a key of the workspace pays. */
export const YOUR_KEYS = "keys";
/** Makers with fewer models are found by their name. */
const SHOWN_MAKERS = 7;

export interface Filter {
  /** A maker's key, or YOUR_KEYS. */
  key: string;
  /** The maker's name. */
  name: string;
}

/** What the models can be filtered by: the keys that pay, and the makers with most models, in alphabetical order. */
export function filtersOf(listed: readonly ListedModel[]): Filter[] {
  const makers = byMaker(listed).filter(({ name }) => name !== "");
  const most = [...makers].sort((one, other) => other.models.length - one.models.length).slice(0, SHOWN_MAKERS);
  return [
    ...(listed.some((model) => payingKey(model)) ? [{ key: YOUR_KEYS, name: "" }] : []),
    ...makers.filter((maker) => most.includes(maker)).map(({ key, name }) => ({ key, name })),
  ];
}

/** Whether a filter shows the model; null shows all. */
export function passes(model: ListedModel, filter: string | null): boolean {
  if (filter === null) return true;
  return filter === YOUR_KEYS ? payingKey(model) !== null : makerKey(model.id) === filter;
}
