/** Prompts as Markdown: a heading `# Name` for each, and its text below. In a text, a line outside of code that would
 *  read as such a heading or would open code that is never closed has a backslash before it, as Markdown escapes it. */

export interface PromptText {
  name: string;
  content: string;
}

/** What a file has, and what cannot become a prompt. */
export interface ParsedPrompts {
  prompts: PromptText[];
  /** The names of headings without text. */
  empty: string[];
  /** The start of names that are too long. */
  longNames: string[];
  /** The names of texts that are too long. */
  longTexts: string[];
}

/** The limits of the API. */
export const NAME_CHARACTERS = 100;
export const TEXT_CHARACTERS = 10_000;

const HEADING = /^#[ \t]+(?=\S)/;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
/** A line that needs a backslash to be text, or has one already. */
const ESCAPABLE = /^( {0,3})(\\*)(?=`{3,}|~{3,}|#[ \t])/;

/** A file with all prompts. `parsePrompts` reads the same prompts from it. */
export function writePrompts(prompts: readonly PromptText[]): string {
  return prompts.map(({ name, content }) => `# ${name}\n\n${escape(content)}\n`).join("\n");
}

/** The prompts of a file. Text before the first heading is a prompt with the file's name.
 *
 *  @param fileName with its extension
 *  @param whole the file is one prompt, and its headings are text
 */
export function parsePrompts(source: string, fileName: string, whole = false): ParsedPrompts {
  const text = source.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
  const stem = fileName.replace(/\.[^.]*$/, "") || fileName;
  return checked(whole ? [{ name: stem, content: text }] : divide(text, stem));
}

function divide(text: string, stem: string): PromptText[] {
  const found: { name: string; lines: string[] }[] = [{ name: stem, lines: [] }];
  const fence = new Fence();
  for (const line of text.split("\n")) {
    const outside = !fence.open;
    if (outside && HEADING.test(line)) {
      found.push({ name: line.replace(HEADING, "").trim(), lines: [] });
      continue;
    }
    fence.next(line);
    found.at(-1)!.lines.push(outside ? line.replace(ESCAPABLE, unescape) : line);
  }
  const [before, ...named] = found.map(({ name, lines }) => ({ name, content: lines.join("\n") }));
  return before && before.content.trim() ? [before, ...named] : named;
}

function checked(found: readonly PromptText[]): ParsedPrompts {
  const parsed: ParsedPrompts = { prompts: [], empty: [], longNames: [], longTexts: [] };
  for (const { name, content } of found) {
    const text = content.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
    if (!text.trim()) parsed.empty.push(name);
    else if (length(name) > NAME_CHARACTERS) parsed.longNames.push([...name].slice(0, 40).join(""));
    else if (length(text) > TEXT_CHARACTERS) parsed.longTexts.push(name);
    else parsed.prompts.push({ name, content: text });
  }
  return parsed;
}

/** The prompts with distinct names, ignoring case: a later one of the same name gets a number, unless it is the same
 *  prompt. */
export function withDistinctNames(prompts: readonly PromptText[]): PromptText[] {
  const used = new Map<string, string>();
  const distinct: PromptText[] = [];
  for (const { name, content } of prompts) {
    if (used.get(name.toLowerCase()) === content) continue;
    let free = name;
    for (let number = 2; used.has(free.toLowerCase()); number++) {
      const ending = ` (${number})`;
      free =
        [...name]
          .slice(0, NAME_CHARACTERS - ending.length)
          .join("")
          .trimEnd() + ending;
    }
    used.set(free.toLowerCase(), content);
    distinct.push({ name: free, content });
  }
  return distinct;
}

function escape(content: string): string {
  const lines = content.split("\n");
  const written: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const end = endOfCode(lines, at);
    // A fence that nothing closes would take the next prompts into its code.
    if (end === null) written.push(lines[at]!.replace(ESCAPABLE, "$1\\$2"));
    else written.push(...lines.slice(at, end + 1));
    at = end ?? at;
  }
  return written.join("\n");
}

/** The last line of the fenced code that starts at this line; null if none starts there, or if it never ends. */
function endOfCode(lines: readonly string[], at: number): number | null {
  const fence = new Fence();
  if (!fence.next(lines[at]!)) return null;
  const length = lines.slice(at + 1).findIndex((line) => fence.next(line));
  return length < 0 ? null : at + 1 + length;
}

function unescape(_: string, indent: string, backslashes: string): string {
  return indent + backslashes.slice(1);
}

function length(text: string): number {
  return [...text].length;
}

/** Whether a line is within fenced code. https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
class Fence {
  #mark = "";

  get open(): boolean {
    return this.#mark !== "";
  }

  /** Reads the next line. Returns whether it opens or closes code. */
  next(line: string): boolean {
    const [, mark = "", rest = ""] = FENCE.exec(line) ?? [];
    if (!mark) return false;
    if (this.open) {
      if (mark[0] !== this.#mark[0] || mark.length < this.#mark.length || rest.trim()) return false;
      this.#mark = "";
      return true;
    }
    if (mark[0] === "`" && rest.includes("`")) return false;
    this.#mark = mark;
    return true;
  }
}
