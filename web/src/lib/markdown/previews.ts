/** What a block of code can be shown as. */
export type PreviewKind = "html" | "svg" | "mermaid";

/** What may stand before the first element of a file: white space, an XML declaration, comments, a document type. */
export const PROLOGUE = /^\uFEFF?(?:\s+|<\?[^>]*\?>|<!--[\s\S]*?-->|<!doctype\s[^[>]*(?:\[[^\]]*\]\s*)?>)*/i;

/** The element that code starts with, or the one that its document type names, in lower case; "" if there is none. */
function firstElement(code: string): string {
  const before = PROLOGUE.exec(code)?.[0] ?? "";
  const element = /<!doctype\s+(\w+)/i.exec(before) ?? /^<([a-z][\w:-]*)/i.exec(code.slice(before.length));
  return element?.[1]?.toLowerCase() ?? "";
}

/** What a finished block of code is shown as; null if there is nothing to show but the code. Models name SVG `xml` or
 *  `html`, and some name nothing.
 *
 *  @param language the first word after the fence, or ""
 */
export function previewKind(language: string, code: string): PreviewKind | null {
  if (!code.trim()) return null;
  switch (language.toLowerCase()) {
    case "mermaid":
      return "mermaid";
    case "svg":
      return "svg";
    case "html":
    case "htm":
    case "xhtml":
      return firstElement(code) === "svg" ? "svg" : "html";
    case "xml":
      return firstElement(code) === "svg" ? "svg" : null;
    case "": {
      const element = firstElement(code);
      return element === "svg" || element === "html" ? element : null;
    }
    default:
      return null;
  }
}
