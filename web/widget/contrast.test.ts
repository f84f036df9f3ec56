import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, readableOn, textOn } from "./contrast.ts";

test("text on every grey and on bright colours has a contrast of 4.5 or more", () => {
  const greys = Array.from({ length: 256 }, (_, n) => `#${n.toString(16).padStart(2, "0").repeat(3)}`);
  for (const color of [...greys, "#ff0000", "#00ff00", "#0000ff", "#2563eb", "#ffd400"])
    assert.ok(contrast(color, textOn(color)) >= 4.5, color);
});

test("a weak colour is moved until it can be read, and a strong one stays", () => {
  assert.ok(contrast(readableOn("#ffff99", "#ffffff", 4.5), "#ffffff") >= 4.5);
  assert.ok(contrast(readableOn("#101010", "#111111", 4.5), "#111111") >= 4.5);
  assert.equal(readableOn("#2563eb", "#ffffff", 4.5), "#2563eb");
  assert.ok(contrast(readableOn("no colour", "#ffffff", 4.5), "#ffffff") >= 4.5);
});
