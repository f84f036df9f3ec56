/** One part of what was heard. */
export interface Heard {
  transcript: string;
  isFinal: boolean;
}

/** The text of all parts so far, with the parts that may still change. */
export function transcriptOf(parts: readonly Heard[]): string {
  let text = "";
  for (const { transcript } of parts) text = joined(text, transcript);
  return text.replace(/\s+/g, " ").trim();
}

/** Chromium on Android repeats in each part what it heard before, sometimes less of it. Elsewhere a later part begins
 *  with a space. */
function joined(before: string, part: string): string {
  if (before !== "" && !/^\s/.test(part)) {
    if (`${fold(part)} `.startsWith(`${fold(before)} `)) return part;
    if (`${fold(before)} `.startsWith(`${fold(part)} `)) return before;
  }
  return before && needsSpace(before, part) ? `${before} ${part}` : before + part;
}

function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s.,!?।]+/gu, " ")
    .trim();
}

/** Scripts that write no spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;

function needsSpace(before: string, after: string): boolean {
  const [last = "", first = ""] = [[...before].at(-1), [...after][0]];
  if (/\s/.test(last) || /[\s.,;:!?)\]}%।॥、。，！？]/u.test(first) || /[([{“‘"'/]/u.test(last)) return false;
  return !(UNSPACED.test(last) && UNSPACED.test(first));
}

/** A text with what was said at the place of the cursor, and where the cursor is then. */
export function withSpoken(before: string, said: string, after: string): { text: string; cursor: number } {
  if (!said) return { text: before + after, cursor: before.length };
  const head = before && needsSpace(before, said) ? `${before} ${said}` : before + said;
  const tail = after && needsSpace(head, after) ? ` ${after}` : after;
  return { text: head + tail, cursor: head.length };
}
