import type { Source } from "./sources.ts";

/** Where no marker is a source's: code and formulas say `[1]` for themselves, and a link leads elsewhere already. */
const NOT_INSIDE = "code, pre, a, button, math, .math, .picture";

/** A text in pieces: strings as they are, and the numbers of sources where it says `[n]`. A number without a source
 *  stays text. */
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

/** Puts a button in the place of each `[n]` that names one of `sources`. What has become a button stays one. */
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

/** Its name for assistive technology is given by `decorate`, in the reader's language. */
function chipOf({ n, name, page }: Source): HTMLButtonElement {
  const chip = document.createElement("button");
  chip.type = "button";
  chip.className = "source";
  chip.textContent = `[${n}]`; // what is selected and copied says what the answer says
  Object.assign(chip.dataset, { action: "open-source", source: String(n), name, ...(page && { page: String(page) }) });
  return chip;
}
