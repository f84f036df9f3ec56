import { ATTRIBUTES, HTML_TAGS, MATH_TAGS, secureLink } from "./allowed.ts";

/** The HTML Sanitizer API (https://wicg.github.io/sanitizer-api/), which TypeScript's library does not have yet. */
interface SanitizerConfig {
  elements: (string | { name: string; namespace: string })[];
  attributes: string[];
  comments: boolean;
  dataAttributes: boolean;
}
declare const Sanitizer: undefined | (new (config: SanitizerConfig) => object);
type Sanitizing = Element & { setHTML(html: string, options: { sanitizer: object }): void };

const MATHML = "http://www.w3.org/1998/Math/MathML";
const CONFIG: SanitizerConfig = {
  elements: [...HTML_TAGS, ...MATH_TAGS.map((name) => ({ name, namespace: MATHML }))],
  attributes: ATTRIBUTES,
  comments: false,
  dataAttributes: false,
};

/** Chromium once had another `Sanitizer`, which accepts no such lists and would allow more. */
function isCurrent(): boolean {
  return typeof Sanitizer !== "undefined" && "removeUnsafe" in Sanitizer.prototype;
}

// The browser's own sanitizer takes a tenth of DOMPurify's time, which creates a document for each call and walks
// through it in JavaScript. DOMPurify is loaded only in browsers without one.
const sanitizer = isCurrent() ? new Sanitizer!(CONFIG) : null;
const purify = sanitizer
  ? null
  : (await import("./purify.ts")).purifier([...HTML_TAGS, ...MATH_TAGS], ATTRIBUTES, secureLink);

/** A document in which nothing runs or loads. */
const inert = document.implementation.createHTMLDocument("");

/** The renderer's HTML as nodes. Nothing in them runs, loads or has a name from the text. */
export function sanitize(html: string): DocumentFragment {
  if (!sanitizer) return purify!(html);
  const box = inert.createElement("div") as Element as Sanitizing;
  box.setHTML(html, { sanitizer });
  for (const link of box.querySelectorAll("a")) secureLink(link);
  const nodes = inert.createDocumentFragment();
  nodes.append(...box.childNodes);
  return nodes;
}
