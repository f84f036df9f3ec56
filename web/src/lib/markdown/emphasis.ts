import type { Tokens, TokenizerObject } from "marked";

/** Emphasis by CommonMark's algorithm (https://spec.commonmark.org/0.31.2/#process-emphasis), with one change: its rules
 *  of where a run of `*` may open or close expect spaces between words. Chinese or Thai has none, and in Hindi, Arabic or
 *  Korean an ending follows at once: `**注意：**请看`, `**"सूचना"**के`. There, a run between punctuation and a letter
 *  counts by the punctuation: after a closing one it closes, before an opening one it opens. Of Latin text only `**`
 *  after closing punctuation does: `**Note:**text`. */

const SPACE = /\s/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
/** A letter, or a mark upon one, of a script that is not Latin. */
const BEYOND_LATIN = /[\p{L}\p{M}]/u;
const LATIN = /\p{Script=Latin}/u;
const DIGIT = /\p{Nd}/u;
const OPENING = /[\p{Ps}\p{Pi}]/u;
/** Punctuation that may stand at the beginning of what is emphasized. */
const BEGINNING = /[\p{Ps}\p{Pi}\p{S}\p{Pd}#@&/¿¡]/u;
/** Punctuation beyond ASCII, as in other scripts. */
const BEYOND_ASCII = /\P{ASCII}/u;
/** At the end of a word of Latin text. */
const ENDING = /[\p{Pe}\p{Pf}.,:;!?…%]/u;
const QUOTES = ['"', "'"];
/** Quotes that close in some languages what others open with them, and what opens there. */
const CLOSING_QUOTES: Record<string, string> = { "“": "„", "‘": "‚", "«": "»", "‹": "›" };
/** How far back a quote is looked for. */
const QUOTED_CHARACTERS = 300;

interface Run {
  sign: string;
  /** Where what is left of it begins, and how many signs that are. */
  start: number;
  count: number;
  length: number;
  opens: boolean;
  closes: boolean;
  /** Four stars after closing punctuation, with a letter behind: they end one emphasis and begin the next. */
  splits: boolean;
}

/** A pair of runs: how many signs each has, and where the closing ones begin. */
interface Pair {
  signs: 1 | 2;
  end: number;
}

/** The pairs of the last text: the parser asks at each of its runs. By where they begin. */
let last: { text: string; pairs: Map<number, Pair> } | undefined;

export const emStrong: NonNullable<TokenizerObject["emStrong"]> = function (src, masked) {
  const start = masked.length - src.length;
  if (masked[start] !== "*" && masked[start] !== "_") return undefined;
  if (last?.text !== masked) last = { text: masked, pairs: pairsOf(masked) };
  const pair = last.pairs.get(start);
  if (!pair) return undefined;
  const raw = src.slice(0, pair.end + pair.signs - start);
  const text = raw.slice(pair.signs, -pair.signs);
  const tokens = this.lexer.inlineTokens(text);
  return pair.signs === 1 ? { type: "em", raw, text, tokens } : { type: "strong", raw, text, tokens };
};

/** Two tildes strike through; one is a range or "about". They count wherever no space is inside of them. */
export const del: NonNullable<TokenizerObject["del"]> = function (src, masked) {
  if (!/^~~(?![~\s])/.test(src) || masked[masked.length - src.length - 1] === "~") return undefined;
  const end = /[^\s~](?=~~(?!~))/g;
  const rest = masked.slice(masked.length - src.length);
  end.lastIndex = 2;
  const found = end.exec(rest);
  if (!found) return undefined;
  const text = src.slice(2, found.index + 1);
  return { type: "del", raw: `~~${text}~~`, text, tokens: this.lexer.inlineTokens(text) } satisfies Tokens.Del;
};

function pairsOf(text: string): Map<number, Pair> {
  const pairs = new Map<number, Pair>();
  const openers: Run[] = [];
  // Openers below these places are known not to fit a closer of the kind.
  const bottoms = new Map<string, number>();
  for (const run of runsOf(text)) {
    const kind = run.sign + run.opens + (run.length % 3);
    while (run.closes && run.count > 0) {
      let at = openers.length - 1;
      const bottom = bottoms.get(kind) ?? 0;
      while (at >= bottom && !fits(openers[at]!, run)) at--;
      if (at < bottom) {
        bottoms.set(kind, openers.length);
        break;
      }
      const opener = openers[at]!;
      const signs = opener.count >= 2 && run.count >= 2 ? 2 : 1;
      opener.count -= signs;
      pairs.set(opener.start + opener.count, { signs, end: run.start });
      run.start += signs;
      run.count -= signs;
      openers.length = opener.count > 0 ? at + 1 : at;
      for (const [each, place] of bottoms) bottoms.set(each, Math.min(place, openers.length));
    }
    if (run.opens && run.count > 0) openers.push(run);
  }
  return pairs;
}

function fits(opener: Run, closer: Run): boolean {
  if (opener.sign !== closer.sign) return false;
  if (opener.splits || closer.splits) return true;
  const both = opener.closes || closer.opens;
  return !both || (opener.length + closer.length) % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

function* runsOf(text: string): Generator<Run> {
  for (const { 0: run, index } of text.matchAll(/\*+|_+/g)) {
    const end = index + run.length;
    const roles = rolesOf(run, text, index, end);
    yield { sign: run[0]!, start: index, count: run.length, length: run.length, ...roles };
  }
}

/** Whether the run from `start` to `end` may open and may close, by the signs before and after it. */
function rolesOf(run: string, text: string, start: number, end: number): Pick<Run, "opens" | "closes" | "splits"> {
  const [before, after] = [signBefore(text, start), signAt(text, end)];
  if (DIGIT.test(before) && DIGIT.test(after)) return { opens: false, closes: false, splits: false }; // a product or a power: 2*3*4
  const [spaceBefore, spaceAfter] = [SPACE.test(before), SPACE.test(after)];
  const [markBefore, markAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)];
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter);
  if (run[0] === "_") {
    return { opens: left && (!right || markBefore), closes: right && (!left || markAfter), splits: false };
  }
  const endsBeforeLetter = left && markBefore && !markAfter && ends(run, text, start, before, after);
  return {
    opens: left || (right && markAfter && !markBefore && isBeyondLatin(before) && begins(text, end, after)),
    closes: right || endsBeforeLetter,
    splits: run.length === 4 && endsBeforeLetter,
  };
}

/** Whether punctuation before a run closes, so that the run may, though a letter follows. */
function ends(run: string, text: string, start: number, before: string, after: string): boolean {
  if (OPENING.test(before) && !closesQuote(text, start - before.length, before)) return false;
  const inner = signBefore(text, start - before.length);
  if (QUOTES.includes(before) && (SPACE.test(inner) || OPENING.test(inner))) return false;
  if (isBeyondLatin(after) || BEYOND_ASCII.test(before)) return true;
  return run.length >= 2 && (ENDING.test(before) || QUOTES.includes(before));
}

/** Whether the quote at `at` closes one that is open: „…“ and »…« are quotes too. */
function closesQuote(text: string, at: number, quote: string): boolean {
  const opening = CLOSING_QUOTES[quote];
  const inner = text.slice(Math.max(0, at - QUOTED_CHARACTERS), at);
  return opening !== undefined && inner.lastIndexOf(opening) > inner.lastIndexOf(quote);
}

/** Whether punctuation after a run opens. */
function begins(text: string, end: number, after: string): boolean {
  return QUOTES.includes(after) ? !SPACE.test(signAt(text, end + 1)) : BEGINNING.test(after);
}

/** The code point that ends before `index`, a space at the beginning. */
function signBefore(text: string, index: number): string {
  const unit = text[index - 1] ?? " ";
  return unit >= "\udc00" && unit <= "\udfff" ? text.slice(index - 2, index) : unit;
}

/** The code point at `index`, a space at the end. */
function signAt(text: string, index: number): string {
  const unit = text[index] ?? " ";
  return unit >= "\ud800" && unit <= "\udbff" ? text.slice(index, index + 2) : unit;
}

function isBeyondLatin(letter: string): boolean {
  return BEYOND_LATIN.test(letter) && !LATIN.test(letter);
}
