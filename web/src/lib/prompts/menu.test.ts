import assert from "node:assert/strict";
import { test } from "node:test";
import { PromptFinder } from "./finder.ts";
import { batches, type Prompt } from "./library.ts";
import { matching, queryOf } from "./menu.ts";

const prompt = (name: string): Prompt => ({ id: name, name, content: "x", created_at: "", updated_at: "" });

test("a slash asks for a prompt only at the start of a message, up to the cursor", () => {
  assert.equal(queryOf("/", 1), "");
  assert.equal(queryOf("/ma il", 4), "ma ");
  for (const [text, cursor] of [
    ["and/or", 6],
    ["1/2", 3],
    [" /x", 3],
    ["/x", 0],
    ["", 0],
    ["/x\ny", 4],
    [`/${"x".repeat(61)}`, 62],
  ] as const)
    assert.equal(queryOf(text, cursor), null, text);
});

test("names match by every word, those that start with the words first", () => {
  const names = (query: string) =>
    matching(["Answer a mail", "Mail a friend", "हिन्दी मेल", "50% off"].map(prompt), query).map(({ name }) => name);

  assert.deepEqual(names("MAIL"), ["Mail a friend", "Answer a mail"]);
  assert.deepEqual(names("friend mail"), ["Mail a friend"]);
  assert.deepEqual(names("मेल"), ["हिन्दी मेल"]);
  assert.deepEqual(names("%"), ["50% off"]);
  assert.deepEqual(names(".*"), []);
  assert.equal(names("").length, 4);
});

test("a library of one page is read once, a larger one is searched as words are typed", async () => {
  const asked: (string | undefined)[] = [];
  const finder = (next_cursor: string | null) =>
    new PromptFinder((query) => {
      asked.push(query.q);
      return Promise.resolve({
        items: [prompt(query.q ? "Zeta mail" : "Mail")],
        next_cursor: query.q ? null : next_cursor,
      });
    });
  const settled = (of: PromptFinder) =>
    new Promise<string[]>((resolve) => {
      const leave = of.store.subscribe(({ busy, prompts }) => {
        if (!busy) setTimeout(() => (leave(), resolve(prompts.map(({ name }) => name))));
      });
    });

  const small = finder(null);
  small.find("");
  assert.deepEqual(await settled(small), ["Mail"]);
  small.find("ma");
  assert.deepEqual([small.store.value.busy, small.store.value.prompts.length, asked], [false, 1, [undefined]]);
  const large = finder("next");
  large.find("");
  assert.deepEqual(await settled(large), ["Mail"]);
  large.find("mail");
  assert.deepEqual([large.store.value.busy, large.store.value.prompts.length], [true, 1]);
  assert.deepEqual(await settled(large), ["Mail", "Zeta mail"]);
  assert.deepEqual(asked, [undefined, undefined, "mail"]);
});

test("of many prompts 50 are shown, also when more of them are known", async () => {
  const page = (q = "") => Array.from({ length: 50 }, (_, n) => prompt(`Mail ${q}${n}`));
  const finder = new PromptFinder(({ q }) => Promise.resolve({ items: page(q), next_cursor: "next" }));
  const shown = () =>
    new Promise<number>((resolve) => {
      const leave = finder.store.subscribe(({ busy, prompts }) => {
        if (!busy) setTimeout(() => (leave(), resolve(prompts.length)));
      });
    });

  for (const query of ["", "1", "2"]) {
    finder.find(query);
    await shown();
  }
  finder.find("mail");
  assert.equal(finder.store.value.prompts.length, 50);
  finder.leave();
});

test("an import is divided by number and by size", () => {
  const text = (length: number) => ({ name: "n", content: "₹".repeat(length) });
  const sizes = (prompts: ReturnType<typeof text>[]) => batches(prompts).map(({ length }) => length);

  assert.deepEqual(sizes(Array.from({ length: 250 }, () => text(1))), [100, 100, 50]);
  assert.deepEqual(sizes(Array.from({ length: 20 }, () => text(10_000))), [16, 4]);
  assert.deepEqual(batches([]), []);
});
