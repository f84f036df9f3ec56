import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import { attach } from "../documents/attach.ts";
import { documentOf, Watched } from "../documents/examples.ts";
import type { Document, DocumentDetail } from "../documents/types.ts";
import { AskedDocuments, askedBy, askedNow, type PendingDocument } from "./asked_documents.ts";
import type { ShownMessage } from "./types.ts";

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

test("taking the last one away sends that there are none, and what was chosen while the question was sent stays", () => {
  const documents = new AskedDocuments();
  documents.choose({ documents: ["a"], collections: [] }, "documents", "a", false);
  assert.deepEqual(documents.toQuestion(), { documents: [], collections: [] });
  const sent = documents.chosen.value;
  documents.choose({ documents: [], collections: [] }, "documents", "b", true);
  documents.arrived(sent);
  assert.deepEqual(documents.toQuestion(), { documents: ["b"], collections: [] });
});

test("a question that is on its way has what it will be kept with", () => {
  const before = question({ documents: ["a"], collections: ["c"] });
  assert.deepEqual(askedBy({ message: "x" }, before), { documents: ["a"], collections: ["c"] });
  assert.deepEqual(askedBy({ message: "x", documents: ["b"] }, before), { documents: ["b"] });
  assert.deepEqual(askedBy({ message: "x", documents: [] }, before), {});
  assert.deepEqual(askedBy({ message: "x" }, question({ documents: "x" })), {});
});

/** Follows a file through these states of its document. */
async function attached(states: Partial<Document>[], put = async () => {}) {
  const watched = new Watched();
  const ready: string[] = [];
  let pending: Partial<PendingDocument> = {};
  const left = [...states];
  const done = attach(
    new File(["text"], "a.pdf"),
    {
      wanted: () => true,
      change: (changes) => (pending = { ...pending, ...changes }),
      ready: (id, name) => ready.push(`${id} ${name}`),
    },
    {
      open: async () => ({ id: "d", url: "", headers: {}, expires_at: "" }),
      put,
      remove: async () => {},
      read: async () => ({ value: documentOf("d", left.shift() ?? {}) as DocumentDetail, etag: null }),
    },
    watched,
    watched.wait,
  );
  for (let n = 0; n <= states.length; n++) await watched.tick();
  await done;
  return { ready, pending };
}

test("a file is asked about as soon as its words can be found, or says why it cannot be read", async () => {
  const { ready, pending } = await attached([{ status: "extracting", progress: 0.4 }, { status: "embedding" }]);
  assert.deepEqual(ready, ["d d.pdf"]);
  assert.equal(pending.state, "reading");

  const failed = await attached([{ status: "failed", problem: "It is torn." }]);
  assert.deepEqual([failed.ready, failed.pending.state, failed.pending.problem], [[], "failed", "It is torn."]);

  const refused = await attached([], () => Promise.reject(new ApiError(0, {}, null)));
  assert.deepEqual([refused.pending.state, refused.pending.failure?.code], ["failed", "network"]);
});
