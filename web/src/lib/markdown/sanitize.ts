import DOMPurify from "dompurify";
import { linkOf } from "./links.ts";

const TAGS =
  "a blockquote br button code del div em figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre span strong table tbody td th " +
  "thead tr ul math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace " +
  "msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover none";
const ATTRIBUTES =
  "class dir href rel target start tabindex type role data-action data-alt data-host data-src data-tex display mathvariant " +
  "stretchy fence separator accent accentunder lspace rspace width height depth voffset columnalign rowalign rowspacing " +
  "columnspacing columnlines rowlines frame linethickness minsize maxsize movablelimits scriptlevel displaystyle mathcolor " +
  "mathbackground notation form symmetric largeop";

DOMPurify.setConfig({
  ALLOWED_TAGS: TAGS.split(" "),
  ALLOWED_ATTR: ATTRIBUTES.split(" "),
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
});

// The renderer makes no other link; whatever got past it ends here.
DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName !== "A") return;
  const link = linkOf(element.getAttribute("href") ?? "");
  if (!link) element.removeAttribute("href");
  element.setAttribute("target", "_blank");
  element.setAttribute("rel", "noopener noreferrer");
});

/** The renderer's HTML as nodes: nothing in them runs, loads or is named by the text. */
export function sanitize(html: string): DocumentFragment {
  return DOMPurify.sanitize(html) as unknown as DocumentFragment;
}
