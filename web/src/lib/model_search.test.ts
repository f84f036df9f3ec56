import assert from "node:assert/strict";
import test from "node:test";
import { findModels, shortName, type SearchedModel } from "./model_search.ts";

const listed: SearchedModel[] = [
  { id: "openai/gpt-4.1-mini", name: "OpenAI: GPT-4.1 Mini", in_plan: true, input_modalities: ["text", "image"] },
  { id: "openai/gpt-4.1-nano", name: "OpenAI: GPT-4.1 Nano", in_plan: true },
  { id: "openai/gpt-4.1", name: "OpenAI: GPT-4.1", in_plan: false },
  { id: "deepseek/deepseek-r1", name: "DeepSeek: R1", in_plan: true, supported_parameters: ["reasoning"] },
  { id: "meta-llama/llama-3.3-70b", name: "Meta: Llama 3.3 70B 🦙", in_plan: true },
];
const ids = (typed: string) => findModels(listed, typed).map(({ id }) => id.slice(id.indexOf("/") + 1));

test("the model whose name is typed comes before those that begin with it", () => {
  for (const typed of ["OpenAI: GPT-4.1", "gpt-4.1", "GPT 4.1", "  openai gpt 4.1 ", "openai/gpt-4.1", "ＧＰＴ－４.１"])
    assert.equal(ids(typed)[0], "gpt-4.1", typed);
  assert.deepEqual(ids("gpt-4.1"), ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"]);
});

test("beginnings come before words, words before parts", () => {
  const models = ["Mini Model", "The Mini", "Big Minister", "Admini"].map((name) => ({ id: `x/${name}`, name }));
  const names = findModels([...models].reverse(), "mini").map(({ name }) => name);
  assert.deepEqual(names, ["Mini Model", "The Mini", "Big Minister", "Admini"]);
});

test("words are found in any order, and letters without the signs between them", () => {
  assert.deepEqual(ids("mini openai"), ["gpt-4.1-mini"]);
  assert.deepEqual(ids("gpt4.1").toSorted(), ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"]);
  assert.deepEqual(ids("lama"), ["llama-3.3-70b"]);
  assert.deepEqual(ids("nothing"), []);
});

test("an ability or a sign finds models too", () => {
  assert.deepEqual(ids("vision"), ["gpt-4.1-mini"]);
  assert.deepEqual(ids("reasoning deepseek"), ["deepseek-r1"]);
  assert.deepEqual(ids("🦙"), ["llama-3.3-70b"]);
  assert.deepEqual(ids("("), []);
});

test("nothing typed lists all, those of the plan first", () => {
  assert.deepEqual(ids(" "), ["gpt-4.1-mini", "gpt-4.1-nano", "deepseek-r1", "llama-3.3-70b", "gpt-4.1"]);
});

test("a name without its maker is shorter, and never empty", () => {
  assert.equal(shortName("OpenAI: GPT-4.1"), "GPT-4.1");
  assert.equal(shortName("MythoMax 13B"), "MythoMax 13B");
  assert.equal(shortName("Odd: "), "Odd: ");
});
