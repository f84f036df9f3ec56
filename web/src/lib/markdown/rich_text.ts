import { webPage, type Source } from "../sources/sources.ts";
import { linkOf } from "./links.ts";

/** Elements that a document editor knows, with the attributes that they keep. Nothing here has colours or a background,
 *  which editors would take over from the page. */
const KEPT: Record<string, readonly string[]> = { A: ["href"], OL: ["start"] };
const MATHML = "http://www.w3.org/1998/Math/MathML";

/** The HTML of a rendered answer for other programs: no buttons, classes or layout of the page. Formulas are MathML,
 *  which Word turns into its own; footnotes and source numbers are text, and the sources follow by name.
 *
 *  @param heading the heading of the sources
 */
export function richText(answer: DocumentFragment, sources: readonly Source[], heading: string): string {
  const box = document.implementation.createHTMLDocument("").createElement("div");
  box.append(answer);
  replaceAll(box, "button.source", (chip) => sourceNumber(chip, sources));
  replaceAll(box, ".note-reference", (reference) => {
    const linked = reference.querySelector("button");
    return linked ? element("sup", linked.textContent) : reference.textContent;
  });
  replaceAll(box, ".note", (note) => {
    const text = note.querySelector(":scope > div");
    const paragraph = text?.querySelector("p");
    paragraph?.prepend(element("sup", (note as HTMLElement).dataset.defines ?? ""), " ");
    return text ?? "";
  });
  replaceAll(box, ".picture", (picture) => pictureLink((picture as HTMLElement).dataset));
  replaceAll(box, ".math", formula);
  replaceAll(box, "figure.code", (figure) => code(figure.querySelector("code")?.textContent ?? ""));
  replaceAll(box, ".table", (table) => bordered(table.querySelector("table")));
  replaceAll(box, "p.plain", (text) => code(text.textContent));
  for (const button of box.querySelectorAll("button")) button.remove();
  for (const each of box.querySelectorAll("*")) strip(each);
  box.append(...sourceList(sources, heading));
  return box.innerHTML;
}

function replaceAll(box: Element, selector: string, made: (found: Element) => Node | string): void {
  for (const found of box.querySelectorAll(selector)) found.replaceWith(made(found));
}

function element(tag: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function sourceNumber(chip: Element, sources: readonly Source[]): Node {
  const source = sources.find(({ n }) => String(n) === (chip as HTMLElement).dataset.source);
  return linked(chip.textContent, source && webPage(source)?.address);
}

function linked(text: string, address: string | null | undefined): Node {
  const link = address ? linkOf(address) : null;
  if (!link) return document.createTextNode(text);
  const made = element("a", text) as HTMLAnchorElement;
  made.setAttribute("href", link.href);
  return made;
}

function pictureLink({ src = "", alt = "" }: DOMStringMap): Node {
  return linked(alt || src, src);
}

function code(text: string): HTMLElement {
  const block = element("pre");
  block.append(element("code", text.replace(/\n$/, "")));
  return block;
}

/** A formula that KaTeX did not understand stays its source. */
function formula(found: Element): Node | string {
  const { tex = "" } = (found as HTMLElement).dataset;
  const display = found.classList.contains("math-display");
  const math = found.querySelector("math");
  if (!math) return display ? `$$${tex}$$` : `\\(${tex}\\)`;
  math.setAttribute("xmlns", MATHML);
  math.setAttribute("alttext", tex);
  if (!display) return math;
  const line = element("p");
  line.append(math);
  return line;
}

function bordered(table: Element | null): Node | string {
  if (!table) return "";
  for (const cell of table.querySelectorAll("th, td")) {
    const align = /\balign-(left|center|right)\b/.exec(cell.className)?.[1];
    if (align) cell.setAttribute("align", align);
  }
  table.setAttribute("border", "1");
  return table;
}

function strip(each: Element): void {
  if (each.namespaceURI === MATHML) {
    each.removeAttribute("class");
    return;
  }
  const table = each.matches("table, th, td") ? ["border", "align"] : [];
  const kept = [...(KEPT[each.tagName] ?? []), ...table];
  const direction = each.getAttribute("dir");
  for (const name of each.getAttributeNames())
    if (!kept.includes(name) && !(name === "dir" && direction === "rtl")) each.removeAttribute(name);
  if (each.tagName === "SPAN" || (each.tagName === "DIV" && !each.hasAttributes()))
    each.replaceWith(...each.childNodes);
}

function sourceList(sources: readonly Source[], heading: string): Node[] {
  if (sources.length === 0) return [];
  return [
    element("h3", heading),
    ...sources.map((source) => {
      const line = element("p", `[${source.n}] `);
      const page = webPage(source);
      line.append(linked(source.name, page?.address), page ? ` (${page.host})` : "");
      return line;
    }),
  ];
}
