import { linkOf } from "./links.ts";

/** The elements and attributes allowed in an answer's HTML, for either sanitizer. */
export const HTML_TAGS = (
  "a blockquote br button code del div em figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre span strong table tbody td th " +
  "thead tr ul"
).split(" ");
export const MATH_TAGS = (
  "math menclose merror mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle " +
  "msub msubsup msup mtable mtd mtext mtr munder munderover none"
).split(" ");
export const ATTRIBUTES = (
  "class dir href rel target start tabindex type role data-action data-alt data-defines data-host data-note data-src data-tex display mathvariant " +
  "stretchy fence separator accent accentunder lspace rspace width height depth voffset columnalign rowalign rowspacing " +
  "columnspacing columnlines rowlines frame linethickness minsize maxsize movablelimits scriptlevel displaystyle mathcolor " +
  "mathbackground notation form symmetric largeop"
).split(" ");

/** The renderer makes no other links. A link that gets past it is removed here. */
export function secureLink(link: Element): void {
  if (!linkOf(link.getAttribute("href") ?? "")) link.removeAttribute("href");
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}
