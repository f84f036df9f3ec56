import DOMPurify from "dompurify";
import { ATTRIBUTES, HTML_TAGS, MATH_TAGS, secureLink } from "./allowed.ts";

DOMPurify.setConfig({
  ALLOWED_TAGS: [...HTML_TAGS, ...MATH_TAGS],
  ALLOWED_ATTR: ATTRIBUTES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
});

DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName === "A") secureLink(element);
});

/** As `sanitize` in `sanitize.ts`, for browsers without a sanitizer of their own. */
export function purify(html: string): DocumentFragment {
  return DOMPurify.sanitize(html) as unknown as DocumentFragment;
}
