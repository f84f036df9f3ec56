import assert from "node:assert/strict";
import { test } from "node:test";
import { lacksPictures } from "./metadata.ts";

test("a picture without an address, or one that was too large, is said to be missing", () => {
  assert.equal(lacksPictures({ images: [{ media_type: "image/png" }, { url: "https://files.invalid/1" }] }), true);
  assert.equal(lacksPictures({ images_left_out: 1 }), true);
  assert.equal(lacksPictures({ images: [{ url: "https://files.invalid/1" }, "data:image/png;base64,AA=="] }), false);
  assert.equal(lacksPictures({}), false);
});
