import { Tokenizer, type TokenizerObject, type Tokens } from "marked";
import { url } from "./autolinks.ts";
import { del, emStrong } from "./emphasis.ts";
import { escapePipes } from "./table_pipes.ts";

/** A line and the row of dashes below it. Without them the parser need not look for a table. */
const TABLE = /^[^\n]*\n {0,3}[|:-][|:\- \t]*(?:\n|$)/;

/** How people and models write Markdown. HTML is no markup here: a tag is text. Only <br> is supported, because tables
 *  need it. */
export const tokenizer: TokenizerObject = {
  emStrong,
  del,
  url,
  html: () => undefined,
  table(text) {
    if (!TABLE.test(text)) return undefined;
    const raw = this.rules.block.table.exec(text)?.[0] ?? "";
    const table = escapePipes(raw);
    if (table === raw) return false;
    const token = Tokenizer.prototype.table.call(this, table);
    return token && { ...token, raw };
  },
  // The search for an underlined heading reads a paragraph letter by letter and took a third of all parsing. It runs
  // only if there is an underline.
  lheading: (text) => {
    const end = text.indexOf("\n\n");
    return /\n {0,3}(?:=+|-+)[ \t]*(?:\n|$)/.test(end === -1 ? text : text.slice(0, end + 1)) ? false : undefined;
  },
  tag: (text) => {
    const line = /^<br ?\/?>/i.exec(text);
    return line ? ({ type: "br", raw: line[0] } as unknown as Tokens.Tag) : undefined;
  },
};
