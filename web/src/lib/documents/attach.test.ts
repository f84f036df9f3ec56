import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import { attach, type Progress } from "./attach.ts";
import { Watched } from "./examples.ts";
import type { UploadState } from "./types.ts";

/** Follows a file through these states of its upload; it is wanted for that many polls. */
async function attached(states: Partial<UploadState>[], put = async () => {}, looks = Infinity) {
  const watched = new Watched();
  const shown: Progress[] = [];
  const left = [...states];
  const upload = { id: "u", name: "a.pdf", type: "application/pdf", size: 4, progress: 0, problem: null };
  const done = attach(
    new File(["text"], "a.pdf"),
    "application/pdf",
    { wanted: () => looks-- > 0, show: (progress) => shown.push(progress) },
    {
      openUpload: async () => ({ upload_id: "u", url: "", headers: {}, expires_at: "" }),
      put,
      upload: async () => ({ value: { ...upload, status: "ready", ...left.shift() } as UploadState, etag: null }),
    },
    watched,
    watched.wait,
  );
  done.catch(() => {}); // it is awaited below
  for (let n = 0; n < states.length + 2; n++) await watched.tick(); // one before it looks, and one more
  return { result: await done, shown };
}

test("a file can be named as soon as its words can be found", async () => {
  const { result, shown } = await attached([{ status: "extracting", progress: 0.4 }, { status: "embedding" }]);
  assert.deepEqual(result, { upload_id: "u" });
  assert.deepEqual(shown.slice(0, 2), [
    { state: "reading", percent: 0, upload_id: "u" },
    { state: "reading", percent: 40 },
  ]);
});

test("an unreadable file says why, and a removed one is not followed further", async () => {
  assert.deepEqual((await attached([{ status: "failed", problem: "It is damaged." }])).result, {
    problem: "It is damaged.",
  });
  assert.equal((await attached([{ status: "extracting" }], async () => {}, 1)).result, null);
});

test("one that could not be sent says so", async () => {
  await assert.rejects(
    attached([], () => Promise.reject(new ApiError(0, {}, null))),
    ApiError,
  );
});
