import type { ListedModel, Question } from "./types.ts";

type Catalogue = readonly Pick<ListedModel, "id" | "web_search_micro_usd">[] | null;

/** Whether the next question searches the web: the choice on the page, else the conversation's setting. */
export function searchesWeb(chosen: boolean | null, conversation: { web_search: boolean } | null): boolean {
  return chosen ?? conversation?.web_search ?? false;
}

/** The first of these models that cannot search the web; null if all can, or if they are not known. */
export function cannotSearch(models: readonly string[], catalogue: Catalogue): string | null {
  return (
    models.find((id) => catalogue?.some((model) => model.id === id && model.web_search_micro_usd === null)) ?? null
  );
}

/** The price of one search in micro-dollars; null while it is unknown. */
export function searchPrice(models: readonly string[], catalogue: Catalogue): number | null {
  const known = catalogue?.find((model) => models.includes(model.id) && model.web_search_micro_usd !== null);
  return (known ?? catalogue?.find((model) => model.web_search_micro_usd !== null))?.web_search_micro_usd ?? null;
}

/** The field to send; none if the conversation's setting applies, or if a model cannot search. */
export function webSearchField(
  chosen: boolean | null,
  models: readonly string[],
  catalogue: Catalogue,
): Pick<Question, "web_search"> {
  return chosen === null || (chosen && cannotSearch(models, catalogue)) ? {} : { web_search: chosen };
}
