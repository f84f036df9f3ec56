import remend from "remend";
import { createMarkup } from "./markup.ts";

/** The page itself parses no long text; the worker does. */
const markup = createMarkup({ longest: 20_000 });

/** Dashes or equals signs below text make it a heading, but the line can still continue. Until it ends, the text must
 *  not jump. */
const UNDERLINE = /\n {0,3}(?:-+|=+)[ \t]*$/;
/** Zero width space: no underline has one. */
const NO_UNDERLINE = "\u200b";

/** A block's HTML without colours and formulas, fast enough for each frame of a growing answer.
 *
 *  @param open whether the block still grows: unfinished markup (`**bold`, a link) is closed for now
 */
export function lightMarkup(text: string, open: boolean): string {
  if (!open || /^ {0,3}(?:`{3}|~{3}|\$\$|\\\[)/.test(text)) return markup(text);
  const shown = UNDERLINE.test(text) ? text + NO_UNDERLINE : text;
  return markup(remend(shown, { linkMode: "text-only", htmlTags: false, katex: false }));
}
