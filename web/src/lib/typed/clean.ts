/** The visible part of what people type and paste. The API does the same: `layers/common/oneai/text.py`. */

// Control characters, format characters, and letters and marks without a glyph. White space, joiners and tags are
// handled below.
const INVISIBLE = /\p{Cc}|\p{Cf}|\u034f|[\u115f\u1160\u180e\u3164\uffa0]|\u17b4|\u17b5/gu;
const WHITE_SPACE = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85";
/** The rest of a terminal's escape sequence, for example of a colour. */
const ESCAPED = /^\[[0-?]*[ -/]*[@-~]/;
const SPACES = /[\s\p{Cc}]+/gu;
const JOINS = /^[\p{L}\p{M}\p{S}]$/u;
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u1039\u17d2]$/u;
const FLAG_TAGS = /\u{1f3f4}[\u{e0020}-\u{e007f}]*$/u;

/** For a name, a title, a search: one line with single spaces, without invisible characters. */
export function cleanLine(text: string): string {
  return visible(text).replace(SPACES, " ").trim();
}

/** For a reason, a note, an address: the same with its lines, trimmed. */
export function cleanLines(text: string): string {
  const lines = visible(text).split(/\r\n|(?!\t)\p{Cc}|[\u2028\u2029]/u);
  return lines
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
}

/** Whether nothing in the text is visible. The API refuses such a message. */
export function isBlank(text: string): boolean {
  return !/[^\s\u2800]/u.test(withoutEscapes(text).replace(INVISIBLE, ""));
}

/** For a code, an e-mail address, a URL: without white space, with full-width characters and the digits of every script
 *  as ASCII. */
export function cleanCode(text: string): string {
  return asciiDigits(withoutEscapes(text.normalize("NFKC")).replace(INVISIBLE, "").replace(/\s/gu, ""));
}

/** The text with the decimal digits of every script as ASCII: `१२` becomes `12`. */
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    // Ten digits follow each other in Unicode, after another character. NFKC removes the mathematical ones.
    const code = digit.codePointAt(0)!;
    let before = 0;
    while (/\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
    return String(before % 10);
  });
}

function visible(text: string): string {
  const normal = withoutEscapes(text.normalize("NFC"));
  return normal.replace(INVISIBLE, (sign, at: number) => {
    if (WHITE_SPACE.includes(sign)) return sign;
    const before = normal.slice(Math.max(0, at - 32), at);
    if (sign === "\u200c" || sign === "\u200d") {
      const after = String.fromCodePoint(normal.codePointAt(at + 1) ?? 0);
      return VIRAMA.test(before) || (joins(lastOf(before)) && joins(after)) ? sign : "";
    }
    return sign >= "\u{e0020}" && sign <= "\u{e007f}" && FLAG_TAGS.test(before) ? sign : "";
  });
}

function withoutEscapes(text: string): string {
  const [first = "", ...escaped] = text.split("\x1b");
  return first + escaped.map((part) => part.replace(ESCAPED, "")).join("");
}

function lastOf(text: string): string {
  const low = text.charCodeAt(text.length - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(-2) : text.slice(-1);
}

/** Whether a joiner beside it can have an effect: letters and marks from Hebrew on, and emoji. */
function joins(character: string): boolean {
  return (character.codePointAt(0) ?? 0) >= 0x590 && JOINS.test(character);
}
