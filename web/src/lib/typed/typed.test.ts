import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanCode, cleanLine, cleanLines, isBlank } from "./clean.ts";
import { cut, firstSign } from "./graphemes.ts";
import { parseNumber, type Typed } from "./numbers.ts";
import { parseTags } from "./tags.ts";

test("a pasted name loses what is not seen, and keeps what its script needs", () => {
  const names: [pasted: string, seen: string][] = [
    ["\u200bAsha\u200e \ufeffTra\u00adders\u2060 ", "Asha Traders"],
    ["\u202eRavi\u202c\u2066\u2069", "Ravi"],
    ["\u00a0Meera\u3000\u2003Nair\u2028", "Meera Nair"],
    ["\x1b[31mred\x1b[0m\x07", "red"],
    ["Jose\u0301", "José"],
    ["\u3164\u115f", ""],
    ["a\u200db\u200cc", "abc"],
    ["क्\u200dष", "क्\u200dष"],
    ["श्री\u200c", "श्री"],
    ["می\u200cخواهم", "می\u200cخواهم"],
    ["👩\u200d🚀", "👩\u200d🚀"],
    ["🏴\u{e0067}\u{e0062}\u{e007f}", "🏴\u{e0067}\u{e0062}\u{e007f}"],
    ["x\u{e0067}", "x"],
    ["葛\u{e0100}城", "葛\u{e0100}城"],
  ];
  for (const [pasted, seen] of names) assert.equal(cleanLine(pasted), seen);
});

test("lines stay lines", () => {
  assert.equal(cleanLines("\u200b\r\n12 Park  Street \u200e\r\nKolkata\u2028\n"), "12 Park  Street\nKolkata");
});

test("a text is blank when nothing of it can be seen", () => {
  for (const text of ["", " \n", "\u200b", "\u2066\u2069\ufeff", "\x1b[31m\x1b[0m", "\u3164", "\u200d", "\u2800"])
    assert.equal(isBlank(text), true, JSON.stringify(text));
  for (const text of ["a", "\u200b।", "👩\u200d🚀", "\x1b[31mx", "½"])
    assert.equal(isBlank(text), false, JSON.stringify(text));
});

test("codes are ASCII without white space", () => {
  assert.equal(cleanCode("\x1b[31mabc\x1b[0m"), "abc");
  assert.equal(cleanCode(" ２９ＡＡＢＣＵ ９６０３Ｒ１ＺＪ\u200b"), "29AABCU9603R1ZJ");
  assert.equal(cleanCode("१२३-٤٥٦-৭৮"), "123-456-78");
  assert.equal(cleanCode("asha\u200b@example．com\u00a0"), "asha@example.com");
});

test("amounts are read with the separators of every country, unless they are ambiguous", () => {
  const amounts: [typed: string, read: Typed][] = [
    ["5", 500],
    ["1,000", 100_000],
    ["1.000", "ambiguous"],
    ["1,00,000", 10_000_000],
    ["1,50,000", 15_000_000],
    ["1,50,000.5", 15_000_050],
    ["1.000,50", 100_050],
    ["1,000.50", 100_050],
    ["1 000", 100_000],
    ["1\u00a0000,5", 100_050],
    ["1\u202f50\u202f000", 15_000_000],
    ["1'000.25", 100_025],
    ["1’000", 100_000],
    ["1.000.000", 100_000_000],
    ["2,5", 250],
    ["2.50", 250],
    ["0,500", null],
    ["１，０００．５０", 100_050],
    ["१,०००", 100_000],
    ["١٬٠٠٠٫٥", 100_050],
    ["۲٫۵", 250],
    ["\u200e7\u200f", 700],
    ["1,0000", "ambiguous"],
    ["12,34567", "ambiguous"],
    ["१,००००", "ambiguous"],
    ["1.0000", null],
    ["0,5", 50],
    ["1,5", 150],
    ["10,00", 1_000],
    ["1,00,00", null],
    ["1,000,00", null],
    ["1.000.50,5", null],
    ["1,000.50,3", null],
    ["12 34", null],
    ["1.234", "ambiguous"],
    ["0.001", null],
    ["-1", null],
    ["5²", null],
    ["½", null],
    ["1e3", null],
    ["1.", null],
    [".5", null],
    ["", null],
    ["99999999999999999", null],
  ];
  for (const [typed, read] of amounts) assert.equal(parseNumber(typed, 2, "en"), read, JSON.stringify(typed));
  for (const language of ["en", "hi"] as const) {
    assert.equal(parseNumber("1,0000", 6, language), "ambiguous");
    assert.equal(parseNumber("10,0000", 6, language), "ambiguous");
    assert.equal(parseNumber("0,5000", 6, language), 500_000);
    assert.equal(parseNumber("1.0000", 6, language), 1_000_000);
  }
  assert.equal(parseNumber("0.500", 3, "hi"), 500);
  assert.equal(parseNumber("1 000,500", 6, "hi"), 1_000_500_000);
});

test("cuts leave whole signs", () => {
  const family = "👩\u200d👩\u200d👧";
  assert.equal(cut(`${family}${family}`, 10), family);
  assert.equal(cut("🇮🇳🇮🇳", 6), "🇮🇳");
  assert.equal(cut("👍🏽", 2), "");
  assert.equal(cut("e\u0301a", 1), "");
  assert.equal(cut("नमस्ते दुनिया", 5), "नम");
  assert.equal(cut("short", 80), "short");
  assert.deepEqual(["🇮🇳 India", "किरण", "e\u0301a", ""].map(firstSign), ["🇮🇳", "कि", "e\u0301", ""]);
});

test("tags are what stands between commas, each once", () => {
  assert.deepEqual(parseTags(" rain, roof ,, rain,x"), ["rain", "roof", "x"]);
  assert.deepEqual(parseTags(""), []);
  assert.equal(parseTags("a".repeat(80))[0]?.length, 50);
  assert.equal(parseTags(Array.from({ length: 30 }, (_, n) => n).join(",")).length, 20);
});
