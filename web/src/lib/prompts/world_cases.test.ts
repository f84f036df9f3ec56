import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parsePrompts } from "./markdown_file.ts";
import { fill, variablesOf } from "./variables.ts";

interface VariableCase {
  case: string;
  content: string;
  variables: string[];
  values: Record<string, string>;
  filled: string;
}
interface FileCase {
  case: string;
  file: string;
  source: string;
  whole?: boolean;
  prompts: [string, string][];
  empty?: string[];
  longNames?: string[];
}

function read<T>(name: string): T[] {
  const file = new URL(`../../../../tests/world_cases/prompts/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as T[];
}

for (const each of read<VariableCase>("variables")) {
  test(`variables: ${each.case}`, () => {
    assert.deepEqual(variablesOf(each.content), each.variables);
    assert.equal(fill(each.content, new Map(Object.entries(each.values))), each.filled);
  });
}

for (const each of read<FileCase>("files")) {
  test(`a file: ${each.case}`, () => {
    const { prompts, empty, longNames, longTexts } = parsePrompts(each.source, each.file, each.whole);

    assert.deepEqual(
      prompts.map(({ name, content }) => [name, content]),
      each.prompts,
    );
    assert.deepEqual([empty, longNames, longTexts], [each.empty ?? [], each.longNames ?? [], []]);
  });
}
