import remend from "remend";
import { createMarkup } from "./markup.ts";

/** In the page itself nothing long is parsed; the worker does that. */
const markup = createMarkup({ longest: 20_000 });

/** A block's HTML without colours and formulas, quick enough for each frame of an answer that grows.
 *
 *  @param open whether the block still grows: what is begun (`**bold`, a link) is closed for now
 */
export function lightMarkup(text: string, open: boolean): string {
  if (!open || /^ {0,3}(?:`{3}|~{3}|\$\$|\\\[)/.test(text)) return markup(text);
  return markup(remend(text, { linkMode: "text-only", htmlTags: false, katex: false }));
}
