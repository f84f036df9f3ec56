/** Cuts between graphemes: emoji of several parts, flags, letters with their marks. */

let segmenter: Intl.Segmenter | undefined;

/** The beginning of the text, of at most `limit` UTF-16 units, without half a grapheme at its end. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let end = 0;
  for (const { index, segment } of signs(text.slice(0, limit + LONGEST))) {
    if (index + segment.length > limit) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/** The first grapheme of the text, for an initial; empty for an empty text. */
export function firstSign(text: string): string {
  for (const { segment } of signs(text.slice(0, LONGEST))) return segment;
  return "";
}

// How far to read beyond the limit. Longer graphemes are jokes.
const LONGEST = 64;

function signs(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}
