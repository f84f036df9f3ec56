import assert from "node:assert/strict";
import { test } from "node:test";
import { nextPath, withNext } from "./next.ts";

test("a path of this site is followed, with its query and fragment", () => {
  assert.equal(nextPath("/c/1?message=2#end"), "/c/1?message=2#end");
  assert.equal(nextPath("/settings/data?export=3"), "/settings/data?export=3");
});

test("no address of another site is followed, in any spelling", () => {
  const addresses = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/.//evil.example",
    "/c/..//evil.example",
    "/%2e//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    " //evil.example",
    "evil.example",
    "http:/\\evil.example",
    "",
  ];
  for (const address of addresses) assert.equal(nextPath(address), "/c", JSON.stringify(address));
  assert.equal(nextPath(null), "/c");
});

test("sign-in does not lead back to sign-in", () => {
  assert.equal(nextPath("/login?next=%2Flogin"), "/c");
  assert.equal(nextPath("/auth/callback?code=1"), "/c");
});

test("the other sign-in pages lead on to the same place", () => {
  assert.equal(withNext("/signup", "/c/1"), "/signup?next=%2Fc%2F1");
  assert.equal(withNext("/signup", "https://evil.example"), "/signup");
});
