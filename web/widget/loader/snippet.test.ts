import assert from "node:assert/strict";
import { test } from "node:test";
import { readSnippet } from "./snippet.ts";

const CHATBOT = "abcdefghijkmnpqrstuv";
type Attributes = Record<string, string>;

/** A page with these scripts, the way `readSnippet` reads one. */
function page(scripts: Attributes[], current: number | null = null): Document {
  const made = scripts.map((attributes) => ({
    attributes: Object.entries(attributes).map(([name, value]) => ({ name, value })),
    dataset: Object.fromEntries(
      Object.entries(attributes).flatMap(([name, value]) => (name.startsWith("data-") ? [[name.slice(5), value]] : [])),
    ),
  }));
  return {
    currentScript: current === null ? null : made[current],
    baseURI: "https://shop.example/page",
    documentElement: { lang: "hi-IN" },
    querySelector: () => made.find(({ dataset }) => "chatbot" in dataset) ?? null,
    querySelectorAll: () => made,
  } as unknown as Document;
}

test("the chatbot and the origin are found after optimisers of pages have changed the script", () => {
  const src = "https://widget.example/widget.js?ver=6.5";
  const written = [
    page([{ src, "data-chatbot": CHATBOT }], 0),
    page([
      { src: "https://shop.example/app.js" },
      { "data-lazy-src": src, type: "text/late", "data-chatbot": CHATBOT },
    ]),
  ];
  for (const each of written) {
    const snippet = readSnippet(each, {});
    assert.equal(snippet?.origin, "https://widget.example");
    assert.equal(snippet?.chatbot, CHATBOT);
    assert.equal(snippet?.language, "hi");
  }
  const bySettings = readSnippet(page([{ src }]), { chatbot: CHATBOT, color: "#aa0000", offset: 40, layer: 9 });
  assert.deepEqual(
    [bySettings?.chatbot, bySettings?.color, bySettings?.offset, bySettings?.layer],
    [CHATBOT, "#aa0000", 40, 9],
  );
});

test("values that are none are left out, and without a chatbot there is no widget", () => {
  const src = "https://widget.example/widget.js";
  const odd = { "data-chatbot": CHATBOT, "data-color": "red;}", "data-position": "top", "data-offset": "-9" };
  const snippet = readSnippet(page([{ src, ...odd }]), {});
  assert.deepEqual([snippet?.color, snippet?.position, snippet?.offset], ["#2563eb", "right", 20]);
  assert.equal(readSnippet(page([{ src, "data-chatbot": "../../admin" }]), {}), null);
  assert.equal(readSnippet(page([{ src: "https://shop.example/app.js", "data-chatbot": CHATBOT }]), {}), null);
});
