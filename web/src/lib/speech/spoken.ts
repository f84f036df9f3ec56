import { latinLanguage, scriptLanguage } from "./languages.ts";

/** What is said in place of what nobody could follow by ear. */
export interface SpokenWords {
  code: (language: string) => string;
  diagram: string;
  formula: string;
  table: string;
  picture: (description: string) => string;
}

/** A piece of an answer for one utterance, and its language as a BCP 47 code without a region. */
export interface SpokenPiece {
  text: string;
  language: string;
}

/** Chromium stops an utterance of an online voice after about fifteen seconds, so none has more than this many
 *  characters. */
const LONGEST = 180;

const FENCE =
  /^[ \t]*(?:[-*+>][ \t]+|\d{1,9}[.)][ \t]+)*(`{3,}|~{3,})[ \t]*([^\s`{:,]*)[^\n]*\n[\s\S]*?(?:^[ \t>]*\1[`~]*[ \t]*$|$(?![\s\S]))/gm;
const DISPLAY_MATH = /\$\$[\s\S]+?\$\$|\\\[(?:(?!\\\[)[\s\S])+?\\\]/g;
/** The line below a table's head. */
const TABLE_RULE = /^[ \t]*\|?[ \t]*:?-[ \t:|-]*$/;

/** An answer as it is read aloud: sentence by sentence, without marks of Markdown. Code, tables and formulas are
 *  announced and not read.
 *
 *  @param fallback the language of a text whose words do not say it
 */
export function spokenPieces(markdown: string, words: SpokenWords, fallback: string): SpokenPiece[] {
  const text = withoutBlocks(markdown, words);
  const plain = text.split(/\n+/).map(withoutMarks).filter(Boolean);
  const latin = latinLanguage(plain.join(" "), fallback);
  return plain.flatMap((line) => {
    const ofLine = scriptLanguage(line) ?? latin;
    return sentences(line, ofLine)
      .flatMap((sentence) => shortened(sentence))
      .filter((piece) => /[\p{L}\p{N}]/u.test(piece))
      .map((piece) => ({ text: piece, language: scriptLanguage(piece) ?? latin }));
  });
}

function withoutBlocks(markdown: string, words: SpokenWords): string {
  const text = `${markdown.replace(/\r\n?/g, "\n")}\n`
    .replace(FENCE, (_, _fence, language: string) => {
      const announced = language.toLowerCase() === "mermaid" ? words.diagram : words.code(language);
      return `\n${announced}\n`;
    })
    .replace(DISPLAY_MATH, `\n${words.formula}\n`)
    .replace(/!\[([^\][]*)\]\([^()\n]*\)/g, (_, description: string) => words.picture(description.trim()))
    .replace(/^[ \t]*\[\^[^\]]+\]:.*$/gm, "")
    .replace(/^[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$/gm, "");
  return withoutTables(text.split("\n"), words.table).join("\n");
}

function withoutTables(lines: readonly string[], table: string): string[] {
  const kept: string[] = [];
  let inTable = false;
  lines.forEach((line, at) => {
    if (inTable && line.includes("|")) return;
    const next = lines[at + 1] ?? "";
    inTable = line.includes("|") && next.includes("|") && TABLE_RULE.test(next);
    kept.push(inTable ? table : line);
  });
  return kept;
}

/** One line without marks of Markdown. Addresses are said as their host. */
function withoutMarks(line: string): string {
  return (
    line
      .replace(/^[ \t]*(?:>[ \t]?)+/, "")
      .replace(/^[ \t]*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)/, "")
      .replace(/[ \t]#+[ \t]*$/, "")
      .replace(/\[\^[^\]]+\]/g, "")
      .replace(/\[([^\][]+)\]\([^()\n]*\)/g, "$1")
      // The number of a source.
      .replace(/[ \t]?\[\d{1,3}\]/g, "")
      .replace(/<?\bhttps?:\/\/(?:www\.)?([^\s/<>()]+)[^\s<>)]*>?/g, "$1")
      .replace(/<br ?\/?>/gi, " ")
      .replace(/\\\((.+?)\\\)/g, "$1")
      .replace(/`+([^`]+)`+/g, "$1")
      .replace(/(\*\*|__|~~)(?=\S)(.+?)\1/g, "$2")
      .replace(/(^|[^\p{L}\p{N}*_])([*_])(?=\S)([^*_]+)\2(?![\p{L}\p{N}*_])/gu, "$1$3")
      .replace(/\\([!-/:-@[-`{-~])/g, "$1")
      .replace(/(?![©®™])(?:[\p{Extended_Pictographic}\u{1f1e6}-\u{1f1ff}]|\p{EMod}|\u200d|\ufe0f|\u20e3)+/gu, " ")
      .replace(/\s+/g, " ")
      .trim()
  );
}

/** Making one takes longer than using it. */
const segmenters = new Map<string, Intl.Segmenter>();

/** A line in sentences. */
function sentences(line: string, language: string): string[] {
  if (typeof Intl.Segmenter === "undefined") return line.split(/(?<=[.!?।॥。！？])\s+/u);
  const segmenter = segmenters.get(language) ?? new Intl.Segmenter(language, { granularity: "sentence" });
  segmenters.set(language, segmenter);
  return [...segmenter.segment(line)].map(({ segment }) => segment.trim());
}

/** A long sentence in pieces, cut at a comma or a space; between signs if it has neither. */
function shortened(sentence: string): string[] {
  const pieces: string[] = [];
  let rest = sentence;
  while (rest.length > LONGEST) {
    const head = rest.slice(0, LONGEST);
    const comma = Math.max(...[", ", "; ", ": ", "، ", "、", "，", "।"].map((mark) => head.lastIndexOf(mark)));
    const at = comma > LONGEST / 3 ? comma + 1 : head.lastIndexOf(" ") > 0 ? head.lastIndexOf(" ") : wholeSigns(head);
    pieces.push(rest.slice(0, at).trim());
    rest = rest.slice(at).trim();
  }
  return [...pieces, rest];
}

/** The length of a head without half a surrogate pair or a mark apart from its letter. */
function wholeSigns(head: string): number {
  const whole = head.replace(/[\ud800-\udbff]$|.\p{M}*$/u, "");
  return whole.length || head.length;
}
