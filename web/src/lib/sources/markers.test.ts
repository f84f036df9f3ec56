import assert from "node:assert/strict";
import test from "node:test";
import { byCitation, splitMarkers } from "./markers.ts";
import { passageAddress, sameSources, sourcesOf, webPage } from "./sources.ts";

const NUMBERS = new Set([1, 2, 12]);

test("a number that has a source is a marker, and the text around it stays", () => {
  assert.deepEqual(splitMarkers("Three months [2], in writing [12].", NUMBERS), [
    "Three months ",
    2,
    ", in writing ",
    12,
    ".",
  ]);
  assert.deepEqual(splitMarkers("[1][2]", NUMBERS), [1, 2]);
});

test("a number without a source, and what only looks like a marker, stays text", () => {
  for (const text of ["none", "[3]", "[01]", "[ 1 ]", "[1", "1]", "[1a]", "[-1]", "[1.0]", "x[1000]"])
    assert.deepEqual(splitMarkers(text, NUMBERS), [text]);
  assert.deepEqual(splitMarkers("", NUMBERS), []);
});

test("sources that a text cites come apart from those that were read alone, whatever code contains", () => {
  const passages = [1, 2, 3, 4].map((n) => ({ n, name: "lease.pdf", snippet: "" }));
  const numbers = (text: string) => byCitation(text, passages).cited.map(({ n }) => n);
  assert.deepEqual(numbers("Three months [3], in writing [1][3]."), [1, 3]);
  assert.deepEqual(
    byCitation("Three months [3].", passages).read.map(({ n }) => n),
    [1, 2, 4],
  );
  assert.deepEqual(numbers("`rows[1]`, then\n```js\nrows[2]\n```\nand [4]"), [4]);
  assert.deepEqual(numbers("It begins:\n```js\nrows[2]"), []);
  assert.deepEqual(numbers("No number, [5] or [01]."), []);
  const page = { n: 5, name: "Ferries", snippet: "", url: "https://pages.example/ferries" };
  assert.deepEqual(byCitation("It leaves at nine.", [...passages, page]).cited, [page]);
});

test("sources are read from metadata, and what is none is left out", () => {
  const source = { n: 1, document_id: "d", name: "contract.pdf", page: 3, heading: null, snippet: "Either side" };
  const others = [null, "1", { n: "2", name: "a", snippet: "" }, { n: 3, name: "a" }];
  assert.deepEqual(sourcesOf({ sources: [source, ...others] }), [source]);
  for (const metadata of [{}, { sources: null }, { sources: "x" }]) assert.deepEqual(sourcesOf(metadata), []);
});

test("sources from a stream and as they are kept are the same ones", () => {
  const source = { n: 1, document_id: "d", name: "a", page: 3, heading: null, snippet: "" };
  assert.ok(sameSources([], []));
  assert.ok(sameSources([source], [{ ...source }]));
  assert.ok(!sameSources([source], []));
  assert.ok(!sameSources([source], [{ ...source, page: null }]));
});

test("a passage is opened by its page where there is one", () => {
  const source = { n: 1, name: "a", snippet: "" };
  assert.equal(passageAddress({ ...source, document_id: "d", page: 3 }), "/knowledge/d?page=3");
  assert.equal(passageAddress({ ...source, document_id: "d/..", page: null }), "/knowledge/d%2F..");
  const titled = { ...source, document_id: "d", page: null, heading: "2 & 3" };
  assert.equal(passageAddress(titled), "/knowledge/d?heading=2%20%26%203");
  assert.equal(passageAddress(source), null);
});

test("a web page is linked only over http and https, with its host", () => {
  const page = (url: unknown) => webPage({ n: 1, name: "Your bank", snippet: "", url } as never);
  assert.deepEqual(page("https://pages.example/a?b=1"), {
    address: "https://pages.example/a?b=1",
    host: "pages.example",
  });
  for (const url of ["javascript:alert(1)", "data:text/html,x", "//pages.example", "/settings", "", null, undefined, 7])
    assert.equal(page(url), null);
});
