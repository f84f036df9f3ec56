import { PagedSearch } from "../state/paged_search.ts";
import { backend } from "./backend.ts";

/** A passage in the results. */
export type Passage = Awaited<ReturnType<typeof backend.search>>["items"][number];

/** A search in the texts of documents, by words and by meaning. */
export class PassageSearch extends PagedSearch<Passage> {
  constructor() {
    super({}, ({ q, cursor }, signal) => backend.search(q, cursor ?? null, signal));
  }
}
