import katex from "katex";
import { escape } from "./escape.ts";

/** A formula as MathML, which browsers draw and screen readers read without fonts or styles of ours. It keeps its TeX
 *  for copying. If KaTeX does not understand a formula, its source is shown. */
export function renderMath(tex: string, display: boolean): string {
  const tag = display ? "div" : "span";
  const open = `<${tag} dir="ltr" class="${display ? "math math-display" : "math"}" data-tex="${escape(tex)}"`;
  try {
    const html = katex.renderToString(tex, {
      output: "mathml",
      displayMode: display,
      trust: false,
      strict: "ignore",
      maxExpand: 500,
      maxSize: 20,
    });
    const mathml = html
      .replace(/<annotation\b[^>]*>[\s\S]*?<\/annotation>/g, "")
      .replace(/<\/?semantics>/g, "")
      .replace(/^<span class="katex">|<\/span>$/g, "");
    return `${open}${display ? ' tabindex="0"' : ""}>${mathml}</${tag}>`;
  } catch {
    return `${open}><code class="math-source">${escape(tex)}</code></${tag}>`;
  }
}
