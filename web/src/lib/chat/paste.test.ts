import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { pasteOf } from "./paste.ts";

interface Case {
  case: string;
  types: string[];
  files: string[];
  text: string;
  repeat?: number;
  asText?: boolean;
  expected: string;
}

const CASES = JSON.parse(
  readFileSync(new URL("../../../../tests/world_cases/pastes/cases.json", import.meta.url), "utf8"),
) as Case[];

for (const { case: name, types, files, text, repeat = 1, asText = false, expected } of CASES)
  test(`a paste of ${name} becomes ${expected}`, () => {
    const held = files.map((type) => new File(["x"], "x", { type }));
    assert.equal(pasteOf({ types, files: held, text: text.repeat(repeat), asText }).kind, expected);
  });
