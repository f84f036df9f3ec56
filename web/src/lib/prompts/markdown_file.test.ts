import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanLine, cleanLines } from "../typed/clean.ts";
import { parsePrompts, withDistinctNames, writePrompts, type PromptText } from "./markdown_file.ts";

/** Random whole numbers below `limit`, the same in every run. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const LINES = (
  "# One|#|# |#x|## Two| # a|    # b|\\# c|\\\\# d|\t# e|\\|```|````|~~~|~~~~ x|```js|``` a`b| ```|    ```|\\```|" +
  "\\\\~~~|> # q|- ```|||text|{{name}}|हिन्दी|<!-- # -->|---|===|~~~ ~"
).split("|");

test("a file reads back as the prompts that were written, for any text", () => {
  const random = numbers(39);
  for (let round = 0; round < 5_000; round++) {
    const prompts: PromptText[] = Array.from({ length: 1 + random(3) }, (_, at) => {
      const lines = Array.from({ length: 1 + random(7) }, () => LINES[random(LINES.length)]!);
      const name = cleanLine(`${LINES[random(LINES.length)]} ${round} ${at} ${LINES[random(LINES.length)]}`);
      return { name, content: cleanLines(`${lines.join("\n")}\nend`) };
    });

    const file = writePrompts(prompts);

    assert.deepEqual(parsePrompts(file, "prompts.md").prompts, prompts, file);
  }
});

test("text stays readable: only what would read as a name or open code gets a backslash", () => {
  const content = "# Role\n\n```py\n# comment\n```\n\n## Steps\n```\nopen";

  assert.equal(
    writePrompts([{ name: "Review", content }]),
    "# Review\n\n\\# Role\n\n```py\n# comment\n```\n\n## Steps\n\\```\nopen\n",
  );
});

test("two prompts of one name get a number each, and one that is repeated is left out", () => {
  const long = "x".repeat(100);
  const names = withDistinctNames([
    { name: "Plan", content: "a" },
    { name: "PLAN", content: "b" },
    { name: "Plan", content: "a" },
    { name: "plan (2)", content: "c" },
    { name: long, content: "a" },
    { name: long, content: "b" },
  ]).map(({ name }) => name);

  assert.deepEqual(names, ["Plan", "PLAN (2)", "plan (2) (2)", long, `${"x".repeat(96)} (2)`]);
});

test("5,000 prompts are written and read again", () => {
  const prompts = Array.from({ length: 5_000 }, (_, at) => ({
    name: `Prompt ${at}`,
    content: `${"# x\n".repeat(50)}${at}`,
  }));

  assert.deepEqual(withDistinctNames(parsePrompts(writePrompts(prompts), "a.md").prompts), prompts);
});
