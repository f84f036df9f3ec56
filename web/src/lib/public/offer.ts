import type { components } from "$types/api";
import { publicGet } from "../api/public.ts";
import { Resource } from "../state/resource.ts";
import { forPeople } from "./prices.ts";

type Schemas = components["schemas"];

/** The plans on sale. */
export const plans = new Resource(async () =>
  forPeople(await publicGet<Schemas["PlanList"]>("/api/subscription/plans")),
);
/** The available models, as a visitor sees them. */
export const publicModels = new Resource(() => publicGet<Schemas["ModelList"]>("/api/chat/models"));
