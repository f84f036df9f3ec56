import type { components } from "$types/api";

/** A passage that an answer uses, or a web page that it cites. Readers of a shared link do not see its document. */
export type Source = Pick<components["schemas"]["Source"], "n" | "name" | "snippet"> &
  Partial<components["schemas"]["Source"]>;

/** The sources in an answer's metadata, by number. Ignores other values, which an import can contain. */
export function sourcesOf(metadata: Record<string, unknown>): readonly Source[] {
  const { sources } = metadata;
  if (!Array.isArray(sources)) return [];
  return sources.filter(isSource);
}

function isSource(each: unknown): each is Source {
  const { n, name, snippet } = (each ?? {}) as Partial<Source>;
  return Number.isInteger(n) && typeof name === "string" && typeof snippet === "string";
}

/** Whether they name the same passages: an answer gets its sources from its stream, and later as stored. */
export function sameSources(some: readonly Source[], others: readonly Source[]): boolean {
  const key = ({ n, name, page, url }: Source) => JSON.stringify([n, name, page ?? null, url ?? null]);
  return some === others || (some.length === others.length && some.every((each, at) => key(each) === key(others[at]!)));
}

/** The page of the document, at the passage; null if the document is unknown. */
export function passageAddress({ document_id, page, heading }: Partial<Source>): string | null {
  if (!document_id) return null;
  const address = `/knowledge/${encodeURIComponent(document_id)}`;
  if (page) return `${address}?page=${page}`;
  return heading ? `${address}?heading=${encodeURIComponent(heading)}` : address;
}

/** The cited web page with its host, which cannot be forged like its name; null for a document, and for an address
 *  outside the web, which an import can contain. */
export function webPage({ url }: Partial<Source>): { address: string; host: string } | null {
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  const { protocol, host, href } = new URL(url);
  return protocol === "https:" || protocol === "http:" ? { address: href, host } : null;
}
