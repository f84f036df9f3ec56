import type { components } from "$types/api";
import { publicGet } from "../api/public.ts";
import { forPeople } from "../plans.ts";
import { Resource } from "../state/resource.ts";

type Schemas = components["schemas"];

/** The plans on sale: `items` for one person, and `every` with those of teams. */
export const plans = new Resource(async () => {
  const list = await publicGet<Schemas["PlanList"]>("/api/subscription/plans");
  return { ...forPeople(list), every: list.items };
});
/** The available models, as a visitor sees them. */
export const publicModels = new Resource(() => publicGet<Schemas["ModelList"]>("/api/chat/models"));
