import type { TokenizerAndRendererExtension, Tokens } from "marked";
import { escape } from "./escape.ts";

/** `[^1]: text`, and what belongs to it: the lines that follow at once, and indented ones after a blank line
 *  (https://docs.github.com/en/get-started/writing-on-github). */
const DEFINITION =
  /^ {0,3}\[\^([^\]\s^]{1,60})\]:[ \t]*([^\n]*(?:\n(?![ \t]*\n| {0,3}\[\^[^\]\s^]+\]:| {0,3}(?:`{3}|~{3}|#))[^\n]+|\n(?:[ \t]*\n)+(?: {2,}|\t)[^\n]+)*)(?:\n|$)/;
const REFERENCE = /^\[\^([^\]\s^]{1,60})\](?!\()/;

/** Footnotes. Blocks are rendered one by one, so a reference does not know whether its note follows: it is text until
 *  `Footnotes` of `footnote_links.ts` finds the note in the same message. */
export const footnoteExtensions: TokenizerAndRendererExtension[] = [
  {
    name: "footnote",
    level: "block",
    start: (text) => (text.includes("[^") ? text.match(/^ {0,3}\[\^[^\]\s^]+\]:/m)?.index : undefined),
    tokenizer(text) {
      const match = DEFINITION.exec(text);
      if (!match) return undefined;
      const content = (match[2] ?? "").replace(/\n(?: {1,4}|\t)/g, "\n");
      return { type: "footnote", raw: match[0], label: match[1], tokens: this.lexer.blockTokens(content, []) };
    },
    renderer(token: Tokens.Generic) {
      const label = escape(token.label as string);
      return (
        `<div class="note" data-defines="${label}" tabindex="-1"><span class="note-label">${label}</span>` +
        `<div>${this.parser.parse(token.tokens ?? [])}</div>` +
        `<button type="button" data-action="note-back" data-note="${label}"></button></div>`
      );
    },
  },
  {
    name: "footnoteReference",
    level: "inline",
    start: (text) => {
      const at = text.indexOf("[^");
      return at === -1 ? undefined : at;
    },
    tokenizer(text) {
      const match = REFERENCE.exec(text);
      return match ? { type: "footnoteReference", raw: match[0], label: match[1] } : undefined;
    },
    renderer(token: Tokens.Generic) {
      return `<span class="note-reference" data-note="${escape(token.label as string)}">${escape(token.raw)}</span>`;
    },
  },
];
