import DOMPurify from "dompurify";

/** A sanitizer of these elements and attributes for browsers without one of their own; `finish` sees each link. */
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
