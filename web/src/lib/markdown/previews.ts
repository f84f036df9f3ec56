import { fileStem } from "../typed/file_names.ts";

/** What a block of code can be shown as. */
export type PreviewKind = "html" | "svg" | "mermaid";

/** What may stand before the first element of a file: white space, an XML declaration, comments, a document type. */
const PROLOGUE = /^\uFEFF?(?:\s+|<\?[^>]*\?>|<!--[\s\S]*?-->|<!doctype\s[^[>]*(?:\[[^\]]*\]\s*)?>)*/i;

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

/** A picture in the middle of its page. Without a width it would be 300 pixels wide. */
const SVG_PAGE = `<!doctype html><meta charset="utf-8"><style>
html,body{height:100%;margin:0}body{display:grid;place-items:center;padding:16px;box-sizing:border-box}
svg{max-width:100%;max-height:100%}body>svg:not([width]){width:100%}</style>`;

/** The page that shows the code in a frame. SVG becomes a part of a page, which forgives more than XML: a missing
 *  namespace, names of HTML's characters. */
export function previewPage(kind: "html" | "svg", code: string): string {
  return kind === "html" ? code : SVG_PAGE + code.replace(PROLOGUE, "");
}

const NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"';

/** The file of a block of code. An SVG file without its namespace opens nowhere, so it gets one. */
export function previewFile(kind: PreviewKind, code: string): { name: string; type: string; content: string } {
  const title = kind === "mermaid" ? "" : (/<title[^>]*>([^<]*)<\/title>/i.exec(code)?.[1] ?? "");
  if (kind === "mermaid") return { name: "diagram.mmd", type: "text/plain", content: code };
  if (kind === "html") return { name: `${fileStem(title, "page")}.html`, type: "text/html", content: code };
  const content = /<svg[^>]*\sxmlns\s*=/i.test(code) ? code : code.replace(/<svg(?=[\s>])/i, `<svg ${NAMESPACE}`);
  return { name: `${fileStem(title, "image")}.svg`, type: "image/svg+xml", content };
}
