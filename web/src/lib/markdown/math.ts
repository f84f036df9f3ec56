import type { TokenizerAndRendererExtension, Tokens } from "marked";

/** One formula: its TeX, and whether it has its own lines. */
export type RenderMath = (tex: string, display: boolean) => string;

/** A formula on its own lines. It contains no delimiter: `$$a$$ and $$b$$` is two formulas in a line. */
const BLOCK = /^ {0,3}(?:\$\$((?:(?!\$\$)[\s\S])+)\$\$|\\\[((?:(?!\\\])[\s\S])+)\\\])[ \t]*(?:\n|$)/;

/** Formulas are `$$…$$`, `\(…\)` and `\[…\]`. A single `$` is text: answers mention prices. */
export function mathExtensions(render: RenderMath): TokenizerAndRendererExtension[] {
  const renderer = (token: Tokens.Generic): string => render(token.text as string, token.display as boolean);
  return [
    {
      name: "mathBlock",
      level: "block",
      // Marked passes the text without its first character, which starts no line.
      start(text) {
        const at = text.search(/\n {0,3}(?:\$\$|\\\[)/);
        return at === -1 ? undefined : at + 1;
      },
      tokenizer(text) {
        const match = BLOCK.exec(text);
        return match ? tokenOf("mathBlock", match[0], match[1] ?? match[2], true) : undefined;
      },
      renderer,
    },
    {
      name: "mathInline",
      level: "inline",
      start: (text) => text.match(/\$\$|\\[([]/)?.index,
      tokenizer(text) {
        const match = /^(?:\$\$([^$]+?)\$\$|\\\(([\s\S]+?)\\\)|\\\[([\s\S]+?)\\\])/.exec(text);
        return match ? tokenOf("mathInline", match[0], match[1] ?? match[2] ?? match[3], false) : undefined;
      },
      renderer,
    },
  ];
}

function tokenOf(type: string, raw: string, tex: string | undefined, display: boolean): Tokens.Generic {
  return { type, raw, text: (tex ?? "").trim(), display };
}
