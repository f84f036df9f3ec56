import assert from "node:assert/strict";
import test from "node:test";
import { AskedDocuments, askedBy, askedNow } from "./asked_documents.ts";
import type { ShownMessage } from "./live_answer.ts";

const question = (metadata: object) => ({ role: "user", metadata }) as ShownMessage;
const answer = { role: "assistant", metadata: {} } as ShownMessage;

test("the documents of the question before stay until others are chosen", () => {
  const documents = new AskedDocuments();
  const thread = [question({ documents: ["a"] }), answer];
  assert.deepEqual(askedNow(documents.chosen.value, thread), { documents: ["a"], collections: [] });
  assert.deepEqual(documents.toQuestion(), {});

  documents.choose(askedNow(null, thread), "collections", "c", true);
  assert.deepEqual(documents.toQuestion(), { documents: ["a"], collections: ["c"] });
  const sent = documents.chosen.value;
  documents.arrived(sent);
  assert.deepEqual(documents.toQuestion(), {});
});

test("removing the last document sends none, and a later choice stays", () => {
  const documents = new AskedDocuments();
  documents.choose({ documents: ["a"], collections: [] }, "documents", "a", false);
  assert.deepEqual(documents.toQuestion(), { documents: [], collections: [] });
  const sent = documents.chosen.value;
  documents.choose({ documents: [], collections: [] }, "documents", "b", true);
  documents.arrived(sent);
  assert.deepEqual(documents.toQuestion(), { documents: ["b"], collections: [] });
});

test("a question being sent already has its documents", () => {
  const before = question({ documents: ["a"], collections: ["c"] });
  assert.deepEqual(askedBy({ message: "x" }, before), { documents: ["a"], collections: ["c"] });
  assert.deepEqual(askedBy({ message: "x", documents: ["b"] }, before), { documents: ["b"] });
  assert.deepEqual(askedBy({ message: "x", documents: [] }, before), {});
  assert.deepEqual(askedBy({ message: "x" }, question({ documents: "x" })), {});
});
