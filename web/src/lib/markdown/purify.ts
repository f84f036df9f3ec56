import DOMPurify from "dompurify";

/** A sanitizer with these elements and attributes, for browsers without their own. `finish` gets each link. */
export function purifier(
  elements: string[],
  attributes: string[],
  finish: (link: Element) => void,
): (html: string) => DocumentFragment {
  DOMPurify.setConfig({
    ALLOWED_TAGS: elements,
    ALLOWED_ATTR: attributes,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  DOMPurify.addHook("afterSanitizeAttributes", (element) => {
    if (element.nodeName === "A") finish(element);
  });
  return (html) => DOMPurify.sanitize(html) as unknown as DocumentFragment;
}
