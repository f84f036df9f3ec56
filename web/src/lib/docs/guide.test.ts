import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { anchorOf, parseContents, parseLine, parsePage } from "../../../guide/markdown.ts";
import { referencePages, typeOf, type OpenApi } from "../../../guide/reference.ts";
import { apiExamples } from "../api_examples.ts";
import { plain } from "./page.ts";

test("a page is its title and blocks of plain data", () => {
  const page = parsePage(
    "first",
    "# First\n\nA `code` and **bold [link](second.md#a-b)**\n[line](/status).\n\n## A & B's\n\n- one\n- two\n\n```sh\necho 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    ["first", "second"],
  );

  assert.deepEqual(
    page.blocks.map((block) => block.kind),
    ["paragraph", "heading", "list", "code", "table"],
  );
  const [paragraph, heading, list, code, table] = page.blocks;
  assert.ok(paragraph?.kind === "paragraph" && heading?.kind === "heading" && list?.kind === "list");
  assert.ok(code?.kind === "code" && table?.kind === "table");
  assert.equal(plain(paragraph.text), "A code and bold link line.");
  assert.ok(JSON.stringify(paragraph).includes('"/docs/second#a-b"'));
  assert.ok(JSON.stringify(paragraph).includes('"/status"'));
  assert.equal(heading.anchor, "a--bs");
  assert.deepEqual(list.items.map(plain), ["one", "two"]);
  assert.deepEqual(code.samples, [{ language: "sh", text: "echo 1" }]);
  assert.deepEqual(table.rows[0]?.map(plain), ["1", "2"]);
});

test("code that follows code in another language is one example", () => {
  const code = (language: string) => `\`\`\`${language}\nrun\n\`\`\`\n\n`;
  const { blocks } = parsePage("a", `# A\n\n${code("sh")}${code("python")}${code("sh")}Text\n\n${code("js")}`, ["a"]);

  assert.deepEqual(
    blocks.map((block) => block.kind === "code" && block.samples.map(({ language }) => language)),
    [["sh", "python"], ["sh"], false, ["js"]],
  );
});

test("the guide's first request is the one that a new key shows", () => {
  const source = readFileSync(new URL("../../../../docs/guide/programs.md", import.meta.url), "utf8");
  const examples = parsePage(
    "programs",
    source,
    [...source.matchAll(/\(([a-z-]+)\.md/g)].map(([, slug]) => slug!),
  );

  assert.deepEqual(
    examples.blocks.find((block) => block.kind === "code" && block.samples.length > 1),
    { kind: "code", samples: apiExamples("$API/v1", "$KEY") },
  );
});

test("two headings of one name have anchors of their own", () => {
  const { blocks } = parsePage("a", "# A\n\n## Same\n\n## Same\n", ["a"]);
  assert.deepEqual(
    blocks.map((block) => block.kind === "heading" && block.anchor),
    ["same", "same-1"],
  );
  assert.equal(anchorOf("“Quotas”, held & used: हिन्दी_1"), "quotas-held--used-हिन्दी_1");
});

test("a translation has the anchors of its original, and as many headings", () => {
  const original = parsePage("a", "# A\n\n## First\n\nText\n\n## Second\n", ["a"]);
  const { blocks } = parsePage("a", "# आ\n\n## पहला\n\nटेक्स्ट\n\n## दूसरा\n", ["a"], original);

  assert.deepEqual(
    blocks.map((block) => block.kind === "heading" && [block.anchor, plain(block.text)]),
    [["first", "पहला"], false, ["second", "दूसरा"]],
  );
  for (const other of ["# आ\n\n## पहला\n", "# आ\n\n## पहला\n\n## दूसरा\n\n## तीसरा\n"])
    assert.throws(() => parsePage("a", other, ["a"], original), /has other headings/);
});

for (const [what, markdown] of Object.entries({
  HTML: "<script>alert(1)</script>",
  "HTML within a line": "a <b>b</b>",
  "a picture": "![a](b.png)",
  "a link to no page": "[a](nowhere.md)",
  "a link to no page of the site": "[a](/nowhere)",
  "a link that runs": "[a](javascript:alert(1))",
  "a link without TLS": "[a](http://example.com)",
  "a list in a list": "- a\n  - b",
  "a quote": "> a",
})) {
  test(`the guide cannot have ${what}`, () => {
    assert.throws(() => parsePage("a", `# A\n\n${markdown}\n`, ["a"]), /does not show|is no page|shows no such/);
  });
}

test("the contents are the README's groups, and an entry without a page is an error", () => {
  assert.deepEqual(parseContents("# Guide\n\n## Begin\n\n- [First](first.md): How.\n"), [
    { name: "Begin", pages: [{ slug: "first", title: "First", description: "How." }] },
  ]);
  assert.throws(() => parseContents("## Begin\n\n- First\n"), /names no page/);
});

test("a type is said in words, and its objects are named", () => {
  const words = (schema: Parameters<typeof typeOf>[0]) =>
    typeOf(schema)
      .map(({ text }) => text)
      .join("");
  assert.equal(words({ anyOf: [{ type: "string", format: "date-time" }, { type: "null" }] }), "time or null");
  assert.equal(words({ type: "array", items: { $ref: "#/components/schemas/Message" } }), "list of Message");
  assert.equal(words({ enum: ["asc", "desc"] }), '"asc" or "desc"');
  assert.equal(words({ type: ["integer", "null"] }), "whole number or null");
  assert.deepEqual(typeOf({ $ref: "#/components/schemas/Message" }), [{ text: "Message", object: true }]);
});

test("a page of the reference has each object once, also those that only others name", () => {
  const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const api: OpenApi = {
    tags: [{ name: "API keys", description: "Of `programs`." }],
    paths: {
      "/api/keys": {
        get: {
          tags: ["API keys"],
          summary: "List keys",
          operationId: "list_keys",
          responses: {
            "200": { description: "Done.", content: { "application/json": { schema: reference("Page") } } },
            "401": { $ref: "#/components/responses/unauthenticated" },
          },
        },
      },
    },
    components: {
      schemas: {
        Page: { properties: { items: { type: "array", items: reference("Key") } }, required: ["items"] },
        Key: { properties: { next: { anyOf: [reference("Key"), { type: "null" }] } } },
      },
      responses: { unauthenticated: { "x-codes": ["unauthenticated"] } },
    },
  };
  const [page] = referencePages(api);
  assert.equal(page?.slug, "api-keys");
  assert.deepEqual(
    page.objects.map(({ name }) => name),
    ["Page", "Key"],
  );
  assert.equal(page.operations[0]?.anchor, "list-keys");
  assert.deepEqual(page.operations[0]?.refusals, [{ status: "401", codes: ["unauthenticated"] }]);
  assert.deepEqual(parseLine("Of `a`."), [
    { kind: "text", text: "Of " },
    { kind: "code", text: "a" },
    { kind: "text", text: "." },
  ]);
});
