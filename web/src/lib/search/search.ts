import type { components, paths } from "$types/api";
import { api, body } from "../api/client.ts";
import { PagedSearch } from "../state/paged_search.ts";

/** A result. `highlights` are pairs, which the generated types do not express. */
export type SearchHit = Omit<components["schemas"]["SearchHit"], "highlights"> & { highlights: number[][] };
export type SearchFilter = Omit<NonNullable<paths["/api/search"]["get"]["parameters"]["query"]>, "q" | "cursor">;
type SearchPage = { items: SearchHit[]; next_cursor: string | null };
type ReadPage = (query: SearchFilter & { q: string; cursor?: string }, signal: AbortSignal) => Promise<SearchPage>;

const readPage: ReadPage = async (query, signal) =>
  body((await api()).GET("/api/search", { params: { query }, signal }));

/** A search in conversations. */
export class Search extends PagedSearch<SearchHit, SearchFilter> {
  constructor(filter: SearchFilter = {}, read: ReadPage = readPage) {
    super(filter, read);
  }
}

/** The page of a hit: its conversation, opened at the message. */
export function hitAddress({ conversation_id, message_id }: SearchHit): string {
  return message_id ? `/c/${conversation_id}?message=${message_id}` : `/c/${conversation_id}`;
}
