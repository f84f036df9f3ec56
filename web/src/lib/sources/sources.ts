import type { components } from "$types/api";

/** A passage that an answer is written from, or a page of the web that it cites. Readers of a shared link do not see
 *  which document it is in. */
export type Source = Pick<components["schemas"]["Source"], "n" | "name" | "snippet"> &
  Partial<components["schemas"]["Source"]>;

/** The sources that an answer's metadata names, by number; none of anything else, as an import may have brought it. */
export function sourcesOf(metadata: Record<string, unknown>): readonly Source[] {
  const { sources } = metadata;
  if (!Array.isArray(sources)) return [];
  return sources.filter(isSource);
}

function isSource(each: unknown): each is Source {
  const { n, name, snippet } = (each ?? {}) as Partial<Source>;
  return Number.isInteger(n) && typeof name === "string" && typeof snippet === "string";
}

/** Whether they name the same passages: an answer has its sources from its stream, and then as they are kept. */
export function sameSources(some: readonly Source[], others: readonly Source[]): boolean {
  const key = ({ n, name, page, url }: Source) => JSON.stringify([n, name, page ?? null, url ?? null]);
  return some === others || (some.length === others.length && some.every((each, at) => key(each) === key(others[at]!)));
}

/** The page of the document, opened at the passage; null where it is not known which document it is. */
export function passageAddress({ document_id, page, heading }: Partial<Source>): string | null {
  if (!document_id) return null;
  const address = `/knowledge/${encodeURIComponent(document_id)}`;
  if (page) return `${address}?page=${page}`;
  return heading ? `${address}?heading=${encodeURIComponent(heading)}` : address;
}

/** The page of the web that is cited, with its host, which it cannot choose as it does its name; null for a document,
 *  and for an address that is none of the web, as an import may have brought it. */
export function webPage({ url }: Partial<Source>): { address: string; host: string } | null {
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  const { protocol, host, href } = new URL(url);
  return protocol === "https:" || protocol === "http:" ? { address: href, host } : null;
}
