import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import type { Attached } from "../documents/attach.ts";
import type { UploadState } from "../documents/types.ts";
import type { DraftFile } from "../drafts.ts";
import { Attachments } from "./attachments.ts";
import { restoreFiles } from "./restored_files.ts";

const file = (name: string, changes: Partial<DraftFile> = {}): DraftFile => ({
  name,
  size: 4,
  kind: "document",
  upload_id: name,
  text: null,
  pasted: false,
  ...changes,
});

/** Restores these files; uploads have these states, and those without one are gone. */
async function restored(files: DraftFile[], states: Record<string, UploadState["status"]>, read: Attached | null) {
  const attachments = new Attachments({
    upload: () => Promise.reject(new Error("nothing is uploaded")),
    put: async () => new Response(),
  });
  const lost: string[] = [];
  await restoreFiles(files, attachments, (name) => lost.push(name), {
    upload: async (id) => {
      if (!states[id]) throw new ApiError(404, { code: "not_found" }, null);
      return { value: { status: states[id], problem: "It is damaged." } as UploadState, etag: null };
    },
    follow: async () => read,
  });
  const shown = attachments.store.value.map(({ name, state }) => `${name}: ${state}`);
  return { attachments, lost, shown };
}

test("files of a draft are attached again, and those that are gone are named", async () => {
  const files = [
    file("read.pdf"),
    file("slow.pdf"),
    file("bad.pdf"),
    file("expired.pdf"),
    file("dot.png", { kind: "image" }),
    file("half.png", { kind: "image" }),
    file("notes.txt", { kind: "text", upload_id: null, text: "Rain" }),
    file("large.txt", { kind: "text", upload_id: null }),
  ];
  const states = {
    "read.pdf": "ready",
    "slow.pdf": "extracting",
    "bad.pdf": "failed",
    "dot.png": "ready",
    "half.png": "waiting",
  } as const;
  const { attachments, lost, shown } = await restored(files, states, { upload_id: "slow.pdf" });
  assert.deepEqual(shown, [
    "read.pdf: ready",
    "slow.pdf: ready",
    "bad.pdf: failed",
    "dot.png: ready",
    "notes.txt: ready",
  ]);
  assert.deepEqual(lost.sort(), ["expired.pdf", "half.png", "large.txt"]);
  assert.deepEqual(
    attachments.take().sent.map(({ type, name }) => `${type} ${name}`),
    ["file read.pdf", "file slow.pdf", "image dot.png", "text notes.txt"],
  );
});

test("a document that turns out to be unreadable says why", async () => {
  const { attachments } = await restored([file("a.pdf")], { "a.pdf": "extracting" }, { problem: "It has a password." });
  assert.deepEqual(
    attachments.store.value.map(({ state, problem }) => [state, problem]),
    [["failed", "It has a password."]],
  );
});

test("a draft has the uploads and short texts of its files", async () => {
  const attachments = new Attachments({ upload: () => Promise.reject(new Error()), put: async () => new Response() });
  attachments.addPasted("x".repeat(50_001), "Long");
  attachments.addPasted("short", "Short");
  attachments.restore(file("a.pdf"));
  assert.deepEqual(
    attachments.draftFiles().map(({ name, text, upload_id }) => [name, text, upload_id]),
    [
      ["Long", null, null],
      ["Short", "short", null],
      ["a.pdf", null, "a.pdf"],
    ],
  );
});
