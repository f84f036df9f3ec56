import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { documentType } from "./formats.ts";
import { Uploads } from "./uploads.ts";

const file = (name: string) => new File(["text"], name, { type: "application/pdf" });
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A service whose transfers end when a test says so. */
function service(refusals: Record<string, ApiError> = {}) {
  const opened: string[] = [];
  const removed: string[] = [];
  const transfers: { name: string; onprogress: (percent: number) => void; end: (failure?: ApiError) => void }[] = [];
  const uploads = new Uploads({
    open: async ({ name, collection_id }) => {
      if (refusals[name]) throw refusals[name];
      opened.push(collection_id ? `${name} in ${collection_id}` : name);
      return { id: `id of ${name}`, url: "https://files", headers: {}, expires_at: "" };
    },
    put: (_target, sent, onprogress) =>
      new Promise<void>((resolve, reject) => {
        const end = (failure?: ApiError) => (failure ? reject(failure) : resolve());
        transfers.push({ name: (sent as File).name, onprogress, end });
      }),
    remove: async (id) => void removed.push(id),
  });
  return { uploads, opened, removed, transfers };
}

const states = (uploads: Uploads) =>
  uploads.store.value.map(({ name, state, percent }) => `${name} ${state} ${percent}`);

test("three files upload at once with progress, and finished ones leave the list", async () => {
  const { uploads, opened, transfers } = service();
  uploads.add([file("a"), file("b"), file("c"), file("d")], "folder");
  await settled();
  assert.deepEqual(opened, ["a in folder", "b in folder", "c in folder"]);
  transfers[1]!.onprogress(40);
  assert.deepEqual(states(uploads), ["a sending 0", "b sending 40", "c sending 0", "d queued 0"]);
  transfers[0]!.end();
  await settled();
  assert.deepEqual(states(uploads), ["b sending 40", "c sending 0", "d sending 0"]);
  assert.equal(uploads.changes.value, 1);
});

test("a refused file does not stop others, and can be retried or removed", async () => {
  const refusals = { a: new ApiError(413, { code: "storage_full" }, null) } as Record<string, ApiError>;
  const { uploads, transfers } = service(refusals);
  uploads.add([file("a"), file("b")]);
  await settled();
  assert.deepEqual(states(uploads), ["a failed 0", "b sending 0"]);
  assert.equal(uploads.store.value[0]!.failure?.code, "storage_full");
  delete refusals.a;
  uploads.retry(uploads.store.value[0]!.key);
  await settled();
  assert.deepEqual(states(uploads), ["a sending 0", "b sending 0"]);
  transfers.find(({ name }) => name === "b")!.end(new ApiError(0, {}, null));
  await settled();
  uploads.remove(uploads.store.value.find(({ name }) => name === "b")!.key);
  assert.deepEqual(states(uploads), ["a sending 0"]);
});

test("failed files come first, so that none moves when another finishes", async () => {
  const refused = new ApiError(422, { code: "invalid_request" }, null);
  const { uploads, transfers } = service({ b: refused, d: refused });
  uploads.add([file("a"), file("b"), file("c"), file("d")]);
  await settled();
  assert.deepEqual(states(uploads), ["b failed 0", "d failed 0", "a sending 0", "c sending 0"]);
  transfers[0]!.end();
  await settled();
  assert.deepEqual(states(uploads), ["b failed 0", "d failed 0", "c sending 0"]);
  transfers[1]!.end(new ApiError(0, {}, null));
  await settled();
  assert.deepEqual(states(uploads), ["b failed 0", "d failed 0", "c failed 0"]);
  uploads.retry(uploads.store.value[2]!.key);
  await settled();
  assert.deepEqual(states(uploads), ["b failed 0", "d failed 0", "c sending 0"]);
});

test("a transfer that broke off leaves no document behind that waits for its file", async () => {
  const { uploads, removed, transfers } = service();
  uploads.add([file("a")]);
  await settled();
  transfers[0]!.end(new ApiError(0, {}, null));
  await settled();
  assert.deepEqual(removed, ["id of a"]);
  assert.deepEqual(states(uploads), ["a failed 0"]);
});

test("PDF, Office and EPUB files are documents, by their type or their name", () => {
  for (const [name, type] of [
    ["a.pdf", ""],
    ["a", "application/pdf"],
    ["A.DOCX", ""],
    ["a.xlsx", "application/octet-stream"],
    ["b", "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
    ["c.epub", ""],
  ] as const)
    assert.ok(documentType({ name, type }), `${name} ${type}`);
  for (const name of ["a.txt", "pdf", "a.pdf.txt", "a.png", "", "a.doc"])
    assert.ok(!documentType({ name, type: "" }), name);
});
