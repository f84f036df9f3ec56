import assert from "node:assert/strict";
import { test } from "node:test";
import { answerActions } from "../i18n/answer_actions.ts";
import { isCutOff, languageName, makingOf, targetLanguages } from "./adjustments.ts";
import { marksOf } from "./version_marks.ts";

const t = answerActions.value;

test("the languages of the page and of the browser come first, each once", () => {
  const { first, others } = targetLanguages("hi", ["hi-IN", "pt-BR", "zh-TW", "nn", "tlh"]);

  assert.deepEqual(first, ["hi", "pt", "zh-Hant", "nb"]);
  assert.ok(!others.includes("hi"));
  assert.ok(others.includes("zh-Hans"));
});

test("the other languages are in the order of their names in the reader's language", () => {
  const { others } = targetLanguages("en", []);
  const names = others.map((each) => languageName(each, "en"));

  assert.deepEqual(names, [...names].sort(new Intl.Collator("en").compare));
});

test("an answer that was cut off can be continued, and no other one", () => {
  const answer = { state: "complete", finish_reason: "stop", content: "Text" };

  assert.ok(!isCutOff(answer));
  assert.ok(isCutOff({ ...answer, finish_reason: "length" }));
  assert.ok(isCutOff({ ...answer, state: "stopped", finish_reason: "cancelled" }));
  assert.ok(isCutOff({ ...answer, state: "truncated" }));
  assert.ok(!isCutOff({ ...answer, state: "stopped", content: " \n" }));
  assert.ok(!isCutOff({ ...answer, state: "streaming", finish_reason: null }));
});

test("metadata of another form says nothing about how an answer was made", () => {
  const plain = { adjust: null, edited: false };

  for (const adjust of [null, 1, "shorter", { kind: "louder" }, { kind: "constructor" }, []])
    assert.deepEqual(makingOf({ adjust, edited: "yes" }), plain);
  assert.deepEqual(makingOf({}), plain);
  const odd = makingOf({ adjust: { kind: "translate", language: "not a language" } });
  assert.deepEqual(marksOf(odd, false, t, "en"), ["Translated into not a language"]);
});

test("a version says how it was made", () => {
  const hindi = makingOf({ adjust: { kind: "translate", language: "hi" } });

  assert.deepEqual(marksOf(hindi, true, t, "en"), ["Translated into Hindi", "Edited by you"]);
  assert.deepEqual(marksOf(makingOf({ adjust: { kind: "shorter" } }), false, t, "en"), ["Shorter"]);
  assert.deepEqual(marksOf(makingOf({ edited: true }), false, t, "en"), ["Edited by hand"]);
  assert.deepEqual(marksOf(makingOf({}), false, t, "en"), []);
});
