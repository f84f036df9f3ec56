/** Prints what the model picker makes of each search, each model's mark, the makers, and what replaces a model. */
import { readFileSync } from "node:fs";
import { findModels } from "../../../web/src/lib/model_search.ts";
import type { ListedModel } from "../../../web/src/lib/models.ts";
import { alternativeTo } from "../../../web/src/lib/picker/alternatives.ts";
import { sharedNames } from "../../../web/src/lib/picker/groups.ts";
import { byMaker, markOf } from "../../../web/src/lib/model_makers.ts";

const casesOf = <T>(file: string): T[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as T[];
const models = casesOf<ListedModel>("models.json");

const searches: Record<string, string[]> = {};
for (const { name, typed } of casesOf<{ name: string; typed: string }>(
  "searches.json",
))
  searches[name] = findModels(models, typed).map(({ id }) => id);

const instead = (images: boolean, preferred: string[], listed = models) =>
  alternativeTo(null, { images }, listed, preferred)?.id ?? null;

console.log(
  JSON.stringify({
    searches,
    marks: Object.fromEntries(
      models.map((each) => [each.id, markOf(each).letter]),
    ),
    makers: byMaker(models).map(({ key, name }) => [key, name]),
    shared: [...sharedNames(models)],
    instead: {
      preferred: instead(false, ["gone/model", "one/haze-3.5"]),
      cheapest: instead(false, ["gone/model"]),
      seeing: instead(true, []),
      none: instead(false, [], []),
    },
  }),
);
