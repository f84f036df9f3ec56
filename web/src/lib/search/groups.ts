import type { SearchHit } from "./search.ts";

/** How many hits of one conversation are shown at once. */
export const SHOWN = 3;

/** The hits of one conversation, best first. */
export interface HitGroup {
  conversation_id: string;
  hits: readonly SearchHit[];
}

/** Hits by conversation. A conversation stands where its best hit does. */
export function groupHits(hits: readonly SearchHit[]): HitGroup[] {
  const groups = new Map<string, SearchHit[]>();
  for (const hit of hits) {
    const group = groups.get(hit.conversation_id);
    if (group) group.push(hit);
    else groups.set(hit.conversation_id, [hit]);
  }
  return [...groups].map(([conversation_id, found]) => ({ conversation_id, hits: found }));
}
