import remend from "remend";
import { createMarkup } from "./markup.ts";

/** In the page itself nothing long is parsed; the worker does that. */
const markup = createMarkup({ longest: 20_000 });

/** Dashes or equals signs below text make it a heading, and may still go on as something else: until their line has ended
 *  nothing jumps. */
const UNDERLINE = /\n {0,3}(?:-+|=+)[ \t]*$/;
/** Zero width space: no underline has one. */
const NO_UNDERLINE = "\u200b";

/** A block's HTML without colours and formulas, quick enough for each frame of an answer that grows.
 *
 *  @param open whether the block still grows: what is begun (`**bold`, a link) is closed for now
 */
export function lightMarkup(text: string, open: boolean): string {
  if (!open || /^ {0,3}(?:`{3}|~{3}|\$\$|\\\[)/.test(text)) return markup(text);
  const shown = UNDERLINE.test(text) ? text + NO_UNDERLINE : text;
  return markup(remend(shown, { linkMode: "text-only", htmlTags: false, katex: false }));
}
