import { fileStem } from "../typed/file_names.ts";
import { PROLOGUE, type PreviewKind } from "./previews.ts";

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
