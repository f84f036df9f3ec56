import { lexer, type Token, type Tokens } from "marked";
import type { Block, GuidePage, Inline, PageGroup } from "../src/lib/docs/page.ts";

/** A page of the guide from its file. Throws where the file has what pages do not show: HTML, pictures, lists in lists,
 *  a link to no page, or a heading that its original does not have.
 *
 *  @param slugs all pages, for links among them
 *  @param original the page that this one translates: its headings have the same anchors, so that links stay valid
 */
export function parsePage(slug: string, source: string, slugs: readonly string[], original?: GuidePage): GuidePage {
  const tokens = lexer(source).filter((token) => token.type !== "space");
  const [first] = tokens;
  if (first?.type !== "heading" || (first as Tokens.Heading).depth !== 1) throw new Error(`${slug}.md has no title`);
  const anchors = new Map<string, number>();
  const blocks = together(tokens.slice(1).map((token) => block(token, anchors, linkOf(slug, slugs))));
  return { slug, title: (first as Tokens.Heading).text, blocks: original ? anchored(blocks, original) : blocks };
}

/** The groups of the guide's README, in its order: headings, and lists of `[Title](slug.md): description`. */
export function parseContents(source: string): PageGroup[] {
  const groups: PageGroup[] = [];
  for (const token of lexer(source)) {
    if (token.type === "heading" && token.depth === 2) groups.push({ name: token.text as string, pages: [] });
    if (token.type !== "list") continue;
    for (const item of (token as Tokens.List).items) {
      const match = /^\[(.+)\]\(([a-z0-9-]+)\.md\): (.+)$/s.exec(item.text);
      if (!match) throw new Error(`The guide's README has an entry that names no page: ${item.text}`);
      const [, title = "", slug = "", description = ""] = match;
      groups.at(-1)?.pages.push({ slug, title, description });
    }
  }
  return groups;
}

/** A line of text with code, emphasis and links. */
export function parseLine(source: string): Inline[] {
  const [paragraph] = lexer(source.replaceAll(/\s+/g, " "));
  return inlines((paragraph as Tokens.Paragraph | undefined)?.tokens ?? [], (href) => href);
}

/** What a heading is called in links, as GitHub names it; `local/docs_index.py` names it alike. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}

/** The blocks of a translation, with the anchors of its original. */
function anchored(blocks: readonly Block[], original: GuidePage): Block[] {
  const anchors = original.blocks.flatMap((block) => (block.kind === "heading" ? [block.anchor] : []));
  const translated = blocks.map((block) =>
    block.kind === "heading" ? { ...block, anchor: anchors.shift() ?? "" } : block,
  );
  if (anchors.length > 0 || translated.some((block) => block.kind === "heading" && !block.anchor))
    throw new Error(`A translation of ${original.slug}.md has other headings`);
  return translated;
}

/** The blocks, with code that follows code in another language as one example in several languages. */
function together(blocks: readonly Block[]): Block[] {
  const merged: Block[] = [];
  for (const block of blocks) {
    const last = merged.at(-1);
    const languages = last?.kind === "code" ? last.samples.map(({ language }) => language) : [];
    if (block.kind === "code" && last?.kind === "code" && !languages.includes(block.samples[0]!.language))
      last.samples.push(...block.samples);
    else merged.push(block);
  }
  return merged;
}

type Resolve = (href: string) => string;
/** Pages of the site that a page of the guide can link to. */
const SITE = ["/pricing", "/privacy", "/status", "/terms"];

function linkOf(slug: string, slugs: readonly string[]): Resolve {
  return (href) => {
    if (href.startsWith("#") || href.startsWith("https://") || SITE.includes(href)) return href;
    if (href.endsWith("../openapi.json")) return "/docs/api";
    const match = /^([a-z0-9-]+)\.md(#.*)?$/.exec(href);
    if (!match || !slugs.includes(match[1]!)) throw new Error(`${slug}.md links to ${href}, which is no page`);
    return `/docs/${match[1]}${match[2] ?? ""}`;
  };
}

function block(token: Token, anchors: Map<string, number>, resolve: Resolve): Block {
  const read = (tokens: Token[] | undefined) => inlines(tokens ?? [], resolve);
  if (token.type === "heading" && (token.depth === 2 || token.depth === 3)) {
    const text = read(token.tokens);
    return { kind: "heading", level: token.depth, anchor: unique(anchorOf(token.text as string), anchors), text };
  }
  if (token.type === "paragraph") return { kind: "paragraph", text: read(token.tokens) };
  if (token.type === "code") {
    const { lang = "", text } = token as Tokens.Code;
    return { kind: "code", samples: [{ language: lang, text }] };
  }
  if (token.type === "list") {
    const { ordered, items } = token as Tokens.List;
    return { kind: "list", ordered, items: items.map((item) => read(lineOf(item))) };
  }
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table;
    const cells = (row: Tokens.TableCell[]) => row.map((cell) => read(cell.tokens));
    return { kind: "table", head: cells(header), rows: rows.map(cells) };
  }
  throw new Error(`The guide does not show ${token.type}: ${token.raw}`);
}

/** The one line of an item of a list. */
function lineOf(item: Tokens.ListItem): Token[] {
  const [line, ...more] = item.tokens;
  if (!line || more.length > 0 || !("tokens" in line)) throw new Error(`The guide shows no such list: ${item.raw}`);
  return line.tokens ?? [];
}

function inlines(tokens: readonly Token[], resolve: Resolve): Inline[] {
  return tokens.map((token): Inline => {
    if (token.type === "text" || token.type === "escape")
      return { kind: "text", text: (token.text as string).replaceAll("\n", " ") };
    if (token.type === "codespan") return { kind: "code", text: token.text as string };
    if (token.type === "strong" || token.type === "em")
      return { kind: token.type, inner: inlines(token.tokens ?? [], resolve) };
    if (token.type === "link")
      return { kind: "link", href: resolve(token.href as string), inner: inlines(token.tokens ?? [], resolve) };
    throw new Error(`The documentation does not show ${token.type}: ${token.raw}`);
  });
}

function unique(anchor: string, used: Map<string, number>): string {
  const before = used.get(anchor) ?? 0;
  used.set(anchor, before + 1);
  return before === 0 ? anchor : `${anchor}-${before}`;
}
