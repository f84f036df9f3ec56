import { Marked, type RendererObject, type Tokens } from "marked";
import { escape } from "./escape.ts";
import { footnoteExtensions } from "./footnotes.ts";
import { linkOf } from "./links.ts";
import { mathExtensions, type RenderMath } from "./math.ts";
import { previewKind } from "./previews.ts";
import { tokenizer } from "./tokenizer.ts";

/** Longer blocks other than code, and lines nested this deeply, are shown as plain text: no model writes them, and
 *  parsers and browsers are slow with them. */
export const LONGEST_BLOCK = 50_000;
const TOO_DEEP = /^[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+){30}/m;

export interface MarkupOptions {
  /** The maximum length of a parsed block, in characters. */
  longest?: number;
  /** The HTML of code in a language; null for an unknown language. */
  highlight?: (code: string, language: string) => string | null;
  /** Whether code is complete, so that it may be drawn and previewed. */
  complete?: boolean;
  /** The HTML of a formula; without it the formula's source is shown. */
  math?: RenderMath;
}

/** Returns a function from a block's markdown to HTML. HTML in the text stays text. Pictures and diagrams are only
 *  described; the page decides about them. Buttons have no label yet, because that depends on the reader's language. */
export function createMarkup(options: MarkupOptions = {}): (text: string) => string {
  const marked = new Marked({
    gfm: true,
    tokenizer,
    renderer: renderer(options),
    extensions: [...footnoteExtensions, ...mathExtensions(options.math ?? mathSource)],
  });
  return (text) => {
    const code = /^ {0,3}(?:`{3}|~{3})/.test(text);
    if (!code && (text.length > (options.longest ?? LONGEST_BLOCK) || TOO_DEEP.test(text))) return plain(text);
    try {
      return marked.parse(text, { async: false });
    } catch {
      return plain(text); // nested so deeply that the parser gave up
    }
  };
}

/** Text as it is, line by line. */
export function plain(text: string): string {
  return `<p class="plain">${escape(text)}</p>`;
}

/** Plain code in pieces, each in its own box: while code grows, the browser lays out only the last piece. */
function lines(code: string): string {
  const pieces = escape(code).match(/(?:[^\n]*(?:\n|$)){1,40}/g) ?? [];
  return pieces.map((piece) => (piece ? `<span class="lines">${piece}</span>` : "")).join("");
}

function mathSource(tex: string, display: boolean): string {
  return `<code dir="ltr" class="${display ? "math-source math-display" : "math-source"}">${escape(tex)}</code>`;
}

function renderer({ highlight, complete }: MarkupOptions): RendererObject {
  return {
    code({ text, lang }) {
      const language = /^[^\s{:,]*/.exec(lang ?? "")?.[0] ?? "";
      const code = (language && highlight?.(text, language)) || lines(text);
      const kind = complete ? previewKind(language, text) : null;
      const diagram = kind === "mermaid" ? '<button type="button" data-action="show-diagram"></button>' : "";
      const preview = kind ? '<button type="button" data-action="preview"></button>' : "";
      return (
        `<figure class="code" dir="ltr"><figcaption><span>${escape(language)}</span>${diagram}${preview}` +
        `<button type="button" data-action="copy-code"></button></figcaption>` +
        `<pre tabindex="0"><code>${code}</code></pre></figure>`
      );
    },
    codespan({ text }) {
      return `<code dir="ltr">${escape(text)}</code>`;
    },
    link({ href, tokens, text }) {
      const link = linkOf(href);
      const label = this.parser.parseInline(tokens);
      if (!link) return label;
      const named = !link.host || text.includes(link.host);
      const host = named ? "" : ` data-host="${escape(link.host)}"`;
      return `<a href="${escape(link.href)}"${host} target="_blank" rel="noopener noreferrer">${label}</a>`;
    },
    image({ href, text }) {
      return `<span class="picture" data-src="${escape(href)}" data-alt="${escape(text)}"></span>`;
    },
    html({ text }) {
      return escape(text);
    },
    table(token) {
      const row = (cells: Tokens.TableCell[]): string =>
        `<tr>${cells.map((each) => this.tablecell(each)).join("")}</tr>`;
      const rows = token.rows.map(row).join("");
      return (
        `<div class="table"><div class="scroll" tabindex="0" role="region"><table><thead>${row(token.header)}</thead>` +
        `<tbody>${rows}</tbody></table></div><button type="button" data-action="copy-table"></button></div>`
      );
    },
    tablecell({ tokens, header, align }) {
      const tag = header ? "th" : "td";
      return `<${tag}${align ? ` class="align-${align}"` : ""}>${this.parser.parseInline(tokens)}</${tag}>`;
    },
    listitem({ tokens, task }) {
      return `<li${task ? ' class="task-item"' : ""}>${this.parser.parse(tokens)}</li>\n`;
    },
    checkbox({ checked }) {
      return `<span class="task">${checked ? "☑" : "☐"}</span> `;
    },
  };
}
