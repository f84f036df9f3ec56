import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import { Attachments } from "./attachments.ts";

function attachments(put: () => Promise<Response> = async () => new Response()) {
  const target = { upload_id: "u1", url: "https://files/1", headers: {}, expires_at: "" };
  return new Attachments({ upload: async () => target, put });
}

const picture = (name = "a.png", size = 10) => new File([new Uint8Array(size)], name, { type: "image/png" });

test("a picture is uploaded at once and sent by its upload", async () => {
  const files = attachments();
  await files.add([picture()]);
  assert.ok(files.ready);
  const { sent } = files.take();
  assert.deepEqual(sent, [{ type: "image", name: "a.png", upload_id: "u1" }]);
  assert.equal(files.store.value.length, 0);
});

test("a text file is sent as text, for any media type", async () => {
  const files = attachments();
  await files.add([new File(["नमस्ते"], "notes.xyz", { type: "" })]);
  assert.deepEqual(files.take().sent, [{ type: "text", name: "notes.xyz", text: "नमस्ते" }]);
});

test("what cannot be sent is named with the reason, and nothing else is lost", async () => {
  const files = attachments();
  await files.add([
    new File([new Uint8Array([0, 255, 254])], "program.exe"),
    new File(["<svg/>"], "drawing.svg", { type: "image/svg+xml" }),
    picture("huge.png", 10_000_001),
    new File(["fine"], "fine.txt"),
  ]);
  const reasons = files.rejections.value.map(({ name, reason }) => [name, reason]);
  assert.deepEqual(reasons.sort(), [
    ["drawing.svg", "kind"],
    ["huge.png", "too_large"],
    ["program.exe", "kind"],
  ]);
  assert.deepEqual(
    files.store.value.map((file) => file.name),
    ["fine.txt"],
  );
});

test("a file that could not be sent says so, and the question waits", async () => {
  const files = attachments(() => Promise.reject(new ApiError(0, {}, null)));
  await files.add([picture()]);
  assert.equal(files.ready, false);
  assert.equal(files.store.value[0]?.failure?.code, "network");
  files.remove(files.store.value[0]!.key);
  assert.ok(files.ready);
});

test("the files of a refused question return before those attached since", async () => {
  const files = attachments();
  await files.add([new File(["one"], "1.txt")]);
  const { items } = files.take();
  await files.add([new File(["two"], "2.txt")]);
  files.putBack(items);
  assert.deepEqual(
    files.take().sent.map((file) => file.name),
    ["1.txt", "2.txt"],
  );
});

test("no more than twenty files go along", async () => {
  const files = attachments();
  for (let n = 0; n < 20; n++) await files.add([new File(["x"], `${n}.txt`)]);
  assert.ok(!files.addPasted("x", "Pasted text"));
  await files.add([new File(["x"], "21.txt")]);
  assert.deepEqual(files.rejections.value, [{ name: "21.txt", reason: "too_many" }]);
});

test("a document is shown how far it is, waited for, and named by its upload", async () => {
  const seen: (string | undefined)[] = [];
  const files: Attachments = new Attachments(
    { upload: () => Promise.reject(new Error("it is no picture")), put: async () => new Response() },
    async (file, type, { wanted, show }) => {
      assert.ok(wanted());
      show({ state: "reading", percent: 40 });
      const [{ state, percent } = {}] = files.store.value;
      seen.push(`${file.name} ${type} ${state} ${percent}`, files.ready ? "ready" : "waits");
      return { upload_id: "u2" };
    },
  );
  await files.add([new File(["%PDF"], "lease.PDF")]);

  assert.deepEqual(seen, ["lease.PDF application/pdf reading 40", "waits"]);
  assert.deepEqual(files.take().sent, [{ type: "file", name: "lease.PDF", upload_id: "u2" }]);
});

test("a document that cannot be read says why, and its question waits", async () => {
  const uploads = { upload: () => Promise.reject(new Error("it is no picture")), put: async () => new Response() };
  const files = new Attachments(uploads, async () => ({ problem: "It is damaged." }));
  await files.add([new File(["%PDF"], "a.pdf")]);
  const [file] = files.store.value;
  assert.deepEqual([file?.state, file?.problem, files.ready], ["failed", "It is damaged.", false]);
  files.remove(file!.key);
  assert.ok(files.ready);
});

test("pasted texts are files with names of their own", () => {
  const files = attachments();
  for (const text of ["one", "two", "three"]) assert.ok(files.addPasted(text, "Pasted text"));
  assert.deepEqual(files.take().sent, [
    { type: "text", name: "Pasted text", text: "one" },
    { type: "text", name: "Pasted text 2", text: "two" },
    { type: "text", name: "Pasted text 3", text: "three" },
  ]);
});
