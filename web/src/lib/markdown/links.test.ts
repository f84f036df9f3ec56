import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnPicture, linkOf } from "./links.ts";

test("only addresses of other places are links", () => {
  assert.deepEqual(linkOf("https://Example.com/a b"), { href: "https://example.com/a%20b", host: "example.com" });
  assert.equal(linkOf("mailto:a@b.c")?.host, "");
  for (const href of ["javascript:x", " java\nscript:x", "data:,x", "blob:x", "file:///x", "/x", "x", "", "https://"]) {
    assert.equal(linkOf(href), null, href);
  }
});

test("only pictures in our storage or in the text itself are ours", () => {
  const storage = ["https://files.example/"];
  assert.ok(isOwnPicture("https://files.example/a.png", storage));
  assert.ok(isOwnPicture("data:image/png;base64,AAAA", storage));
  assert.ok(isOwnPicture("blob:https://us.example/1", storage));
  for (const src of [
    "https://files.example.evil/a.png",
    "https://files.example@evil/a.png",
    "http://files.example/a.png",
    "data:image/svg+xml;base64,AAAA",
    "//files.example/a.png",
    "a.png",
  ]) {
    assert.equal(isOwnPicture(src, storage), false, src);
  }
});
