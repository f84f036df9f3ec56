import type { Source } from "./sources.ts";

/** Places without source markers: `[1]` in code and formulas is their own, and a link already leads elsewhere. */
const NOT_INSIDE = "code, pre, a, button, math, .math, .picture";

/** A text in pieces: strings, and the numbers of sources for `[n]`. A number without a source stays text. */
export function splitMarkers(text: string, numbers: ReadonlySet<number>): (string | number)[] {
  const pieces: (string | number)[] = [];
  let from = 0;
  for (const { 0: marker, 1: digits, index } of text.matchAll(/\[(\d{1,3})\]/g)) {
    const n = Number(digits);
    if (!numbers.has(n) || String(n) !== digits) continue;
    if (index > from) pieces.push(text.slice(from, index));
    pieces.push(n);
    from = index + marker.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  return pieces;
}

/** Code blocks and code in a line, whose `[1]` is their own. */
const CODE = /(`{3,})[\s\S]*?(?:\1|$)|`[^`\n]*`/g;

/** The sources that a text cites by `[n]`, and the others. A web page is a source because the model cites it. */
export function byCitation<T extends Source>(text: string, sources: readonly T[]): { cited: T[]; read: T[] } {
  const numbers = new Set(sources.map(({ n }) => n));
  const named = new Set(splitMarkers(text.replace(CODE, ""), numbers));
  const isCited = ({ n, url }: T) => Boolean(url) || named.has(n);
  return { cited: sources.filter(isCited), read: sources.filter((each) => !isCited(each)) };
}

/** Replaces each `[n]` that names one of `sources` with a button. Existing buttons stay. */
export function markSources(root: Node, sources: readonly Source[]): void {
  if (sources.length === 0) return;
  const byNumber = new Map(sources.map((source) => [source.n, source]));
  const numbers = new Set(byNumber.keys());
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (!text.data.includes("[") || text.parentElement?.closest(NOT_INSIDE)) continue;
    const pieces = splitMarkers(text.data, numbers);
    if (!pieces.some((piece) => typeof piece === "number")) continue;
    text.replaceWith(...pieces.map((piece) => (typeof piece === "number" ? chipOf(byNumber.get(piece)!) : piece)));
  }
}

/** `decorate` gives it a name for assistive technology, in the reader's language. */
function chipOf({ n, name, page }: Source): HTMLButtonElement {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "source";
  chip.textContent = `[${n}]`; // copied text is the answer's text
  Object.assign(chip.dataset, { action: "open-source", source: String(n), name, ...(page && { page: String(page) }) });
  return chip;
}
