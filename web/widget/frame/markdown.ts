import { getDefaults, Lexer, Tokenizer, type MarkedToken, type Token } from "marked";
import { linkOf } from "../../src/lib/markdown/links.ts";
import { tokenizer } from "../../src/lib/markdown/tokenizer.ts";

/** The lexer with the app's rules. `Marked` would do the same, and bring its HTML along. A rule that returns false leaves
 *  the text to the library's own. */
const OPTIONS = { ...getDefaults(), tokenizer: rules() };
/** Longer text, and lines nested this deeply, are shown as they are: no model writes them. */
const LONGEST = 50_000;
const TOO_DEEP = /^[ \t]*(?:>[ \t]?|[-*+][ \t]+|\d{1,9}[.)][ \t]+){30}/m;

/** An answer's text as elements. Every element is made by name and every text is a text node: nothing in an answer can
 *  become markup of its own, load anything or run. Blocks that have not changed since the last call keep their elements. */
export class AnswerView {
  #blocks: { raw: string; element: Node }[] = [];
  #place: HTMLElement;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  show(text: string): void {
    const tokens = tokensOf(text);
    let same = 0;
    while (same < tokens.length && tokens[same]?.raw === this.#blocks[same]?.raw) same++;
    for (const { element } of this.#blocks.splice(same)) this.#place.removeChild(element);
    for (const token of tokens.slice(same)) {
      const element = block(token as MarkedToken);
      this.#place.append(element);
      this.#blocks.push({ raw: token.raw, element });
    }
  }
}

function tokensOf(text: string): Token[] {
  const plain: Token[] = [{ type: "paragraph", raw: text, text, tokens: [{ type: "text", raw: text, text }] }];
  if (text.length > LONGEST || TOO_DEEP.test(text)) return plain;
  try {
    return Lexer.lex(text, OPTIONS);
  } catch {
    return plain;
  }
}

type Rule = (this: Tokenizer, ...values: unknown[]) => unknown;

function rules(): Tokenizer {
  const made = new Tokenizer() as Tokenizer & Record<string, Rule>;
  for (const [name, rule] of Object.entries(tokenizer) as [string, Rule][]) {
    const own = made[name];
    made[name] = (...values: unknown[]) => {
      const token = rule.apply(made, values);
      return token === false ? own?.apply(made, values) : token;
    };
  }
  return made;
}

function make(name: string, children: Iterable<Node> = []): HTMLElement {
  const element = document.createElement(name);
  element.append(...children);
  return element;
}

function blocks(tokens: Token[]): Node[] {
  return tokens.map((token) => block(token as MarkedToken));
}

function block(token: MarkedToken): Node {
  switch (token.type) {
    case "heading":
      return make(`h${Math.min(6, token.depth + 2)}`, inlines(token.tokens));
    case "paragraph":
      return make("p", inlines(token.tokens));
    case "blockquote":
      return make("blockquote", blocks(token.tokens));
    case "code": {
      const code = make("pre", [make("code", [document.createTextNode(token.text)])]);
      code.tabIndex = 0;
      code.dir = "ltr";
      return code;
    }
    case "hr":
      return make("hr");
    case "list": {
      const list = make(
        token.ordered ? "ol" : "ul",
        token.items.map((item) => make("li", blocks(item.tokens))),
      );
      if (token.ordered && token.start !== "") (list as HTMLOListElement).start = Number(token.start);
      return list;
    }
    case "table": {
      const head = make(
        "tr",
        token.header.map((cell) => make("th", inlines(cell.tokens))),
      );
      const rows = token.rows.map((row) =>
        make(
          "tr",
          row.map((cell) => make("td", inlines(cell.tokens))),
        ),
      );
      const scroll = make("div", [make("table", [make("thead", [head]), make("tbody", rows)])]);
      scroll.className = "scroll";
      scroll.tabIndex = 0;
      return scroll;
    }
    case "text":
      return token.tokens ? make("span", inlines(token.tokens)) : document.createTextNode(token.text);
    case "checkbox":
      return document.createTextNode(token.checked ? "☑ " : "☐ ");
    case "space":
    case "def":
      return document.createComment("");
    default:
      return document.createTextNode(token.raw);
  }
}

function inlines(tokens: Token[] | undefined): Node[] {
  return (tokens ?? []).map((token) => inline(token as MarkedToken));
}

function inline(token: MarkedToken): Node {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return make(token.type, inlines(token.tokens));
    case "codespan":
      return make("code", [document.createTextNode(token.text)]);
    case "br":
      return make("br");
    case "link":
      return link(token.href, inlines(token.tokens), token.text);
    case "image":
      // A picture would tell its host who reads the answer.
      return link(token.href, [document.createTextNode(token.text || token.href)], token.text);
    case "text":
      return token.tokens ? make("span", inlines(token.tokens)) : document.createTextNode(unescaped(token.text));
    case "escape":
      return document.createTextNode(unescaped(token.text));
    case "checkbox":
      return document.createTextNode(token.checked ? "☑ " : "☐ ");
    default:
      return document.createTextNode(token.raw);
  }
}

/** A link to another site, with its host where the text does not say it; else the text alone. */
function link(href: string, children: Node[], text: string): Node {
  const target = linkOf(href);
  if (!target) return make("span", children);
  const made = make("a", children) as HTMLAnchorElement;
  made.href = target.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer nofollow ugc";
  if (target.host && !text.includes(target.host)) made.append(` (${target.host})`);
  return made;
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00a0", "#39": "'" };

/** The entities that Markdown knows as signs, as far as people write them. */
function unescaped(text: string): string {
  return text.replaceAll(/&(#39|amp|lt|gt|quot|nbsp);/g, (_, name: string) => NAMED[name] ?? "");
}
