import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { previewFile, previewPage } from "./preview_files.ts";
import { previewKind } from "./previews.ts";

interface Case {
  name: string;
  language: string;
  code: string;
  repeat?: number;
  kind: "html" | "svg" | "mermaid" | null;
  file?: string;
}
const address = new URL("../../../../tests/world_cases/previews/cases.json", import.meta.url);
const CASES = JSON.parse(readFileSync(address, "utf8")) as Case[];

for (const { name, language, code, repeat = 1, kind, file } of CASES) {
  test(`a preview of ${name}`, () => {
    const text = code.repeat(repeat);
    assert.equal(previewKind(language, text), kind);
    if (kind) assert.equal(previewFile(kind, text).name, file);
  });
}

test("an SVG file gets the namespace that other programs need, once", () => {
  assert.equal(previewFile("svg", "<svg><g/></svg>").content, '<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>');
  const whole = '<svg id="a"\n xmlns = "http://www.w3.org/2000/svg"/>';
  assert.equal(previewFile("svg", whole).content, whole);
});

test("the page of an image has the image after the document type of the page", () => {
  const page = previewPage("svg", '<?xml version="1.0"?><!DOCTYPE svg><svg/>');
  assert.match(page, /^<!doctype html>.*<\/style><svg\/>$/s);
  assert.equal(previewPage("html", "<p>as it is"), "<p>as it is");
});
