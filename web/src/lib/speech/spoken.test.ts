import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { latinLanguage, scriptLanguage, voiceFor } from "./languages.ts";
import { spokenPieces, type SpokenWords } from "./spoken.ts";

interface Case {
  name: string;
  text: string;
  spoken: string[];
  languages?: string[];
}
const address = new URL("../../../../tests/world_cases/speech/answers.json", import.meta.url);
const CASES = JSON.parse(readFileSync(address, "utf8")) as Case[];
const WORDS: SpokenWords = {
  code: (language) => (language ? `Code in ${language}.` : "Code."),
  diagram: "A diagram.",
  formula: "A formula.",
  table: "A table.",
  picture: (description) => (description ? `Picture: ${description}.` : "A picture."),
};

for (const { name, text, spoken, languages } of CASES) {
  test(`reading aloud: ${name}`, () => {
    const pieces = spokenPieces(text, WORDS, "en");
    assert.deepEqual(
      pieces.map((piece) => piece.text),
      spoken,
    );
    assert.deepEqual(
      pieces.map((piece) => piece.language),
      languages ?? spoken.map(() => "en"),
    );
  });
}

test("no piece is longer than a voice lasts, and none is lost", () => {
  const long = `${"word ".repeat(100)}end, ${"x".repeat(500)} ${"क्षि".repeat(100)}.`;
  const pieces = spokenPieces(long, WORDS, "en").map(({ text }) => text);
  assert.ok(pieces.every((piece) => piece.length <= 180));
  assert.equal(pieces.join("").replace(/\s/g, ""), long.replace(/\s/g, ""));
  assert.ok(pieces.every((piece) => !/^\p{M}/u.test(piece)));
});

test("marks that nothing closes are read in a moment", () => {
  for (const mark of ["![", "[a](", "\\[", "$$ ", "**a ", "```\n", "| a |\n", "<!--"]) {
    const before = process.cpuUsage();
    spokenPieces(mark.repeat(20_000), WORDS, "en");
    assert.ok(process.cpuUsage(before).user < 5_000_000, mark); // microseconds of computing, however busy the machine
  }
});

test("a language is known by its script or its frequent words", () => {
  assert.equal(scriptLanguage("Привет, мир"), "ru");
  assert.equal(scriptLanguage("2 + 2"), null);
  assert.equal(latinLanguage("Il est dans la maison avec les enfants", "en"), "fr");
  assert.equal(latinLanguage("OK", "hi"), "hi");
});

test("a voice of the user's own region comes first, then the default one, then one of the device", () => {
  const voice = (lang: string, isDefault = false, localService = false) => ({ lang, default: isDefault, localService });
  const voices = [voice("en-US", true), voice("en_IN"), voice("hi_IN", false, true), voice("hi-IN"), voice("de-DE")];
  assert.equal(voiceFor(voices, "en", ["en-IN", "hi"]), voices[1]);
  assert.equal(voiceFor(voices, "en", ["fr-FR"]), voices[0]);
  assert.equal(voiceFor(voices, "hi", []), voices[2]);
  assert.equal(voiceFor(voices, "ta", []), null);
});
