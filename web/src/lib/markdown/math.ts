import type { TokenizerAndRendererExtension, Tokens } from "marked";

/** One formula: its TeX, and whether it stands on lines of its own. */
export type RenderMath = (tex: string, display: boolean) => string;

/** Formulas are `$$…$$`, `\(…\)` and `\[…\]`. A lone `$` is text: answers speak of prices. */
export function mathExtensions(render: RenderMath): TokenizerAndRendererExtension[] {
  const renderer = (token: Tokens.Generic): string => render(token.text as string, token.display as boolean);
  return [
    {
      name: "mathBlock",
      level: "block",
      start: (text) => text.match(/^ {0,3}(?:\$\$|\\\[)/m)?.index,
      tokenizer(text) {
        const match = /^ {0,3}(?:\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\])[ \t]*(?:\n|$)/.exec(text);
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
