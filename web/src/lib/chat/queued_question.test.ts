import assert from "node:assert/strict";
import test from "node:test";
import type { Attached } from "../documents/attach.ts";
import { Store } from "../state/store.ts";
import { Attachments } from "./attachments.ts";
import { QueuedQuestion } from "./queued_question.ts";

/** A queue whose documents end when the test says how. */
function open() {
  const ends: ((attached: Attached) => void)[] = [];
  const files = new Attachments(
    { upload: () => Promise.reject(new Error("it is no picture")), put: async () => new Response() },
    () => new Promise((resolve) => ends.push(resolve)),
  );
  const running = new Store<readonly unknown[]>([]);
  const sent: string[][] = [];
  const queued = new QueuedQuestion(files, running, () => sent.push(files.take().sent.map(({ name }) => name ?? "")));
  const attach = (name: string) => void files.add([new File(["%PDF"], name)]);
  const end = async (n: number, attached: Attached) => {
    ends[n]!(attached);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const names = () => queued.store.value?.files.map(({ name }) => name);
  return { files, running, sent, queued, attach, end, names };
}

test("a question is sent once, when the last of its files is read", async () => {
  const { queued, sent, attach, end, names } = open();
  attach("a.pdf");
  attach("b.pdf");
  queued.start();
  queued.start();
  assert.deepEqual([queued.store.value?.state, names()], ["waiting", ["a.pdf", "b.pdf"]]);
  await end(0, { upload_id: "1" });
  assert.deepEqual([sent, names()], [[], ["b.pdf"]]);
  await end(1, { upload_id: "2" });
  assert.deepEqual([sent, queued.store.value], [[["a.pdf", "b.pdf"]], null]);
});

test("a file that cannot be read stops the question, which can go without it", async () => {
  const { queued, sent, attach, end, names } = open();
  attach("a.pdf");
  attach("b.pdf");
  queued.start();
  await end(0, { problem: "It needs a password." });
  await end(1, { upload_id: "2" });
  assert.deepEqual([sent, queued.store.value?.state, names()], [[], "failed", ["a.pdf"]]);
  queued.sendWithoutFailed();
  assert.deepEqual([sent, queued.store.value], [[["b.pdf"]], null]);
});

test("a cancelled question is not sent when its file is read", async () => {
  const { queued, sent, files, attach, end } = open();
  attach("a.pdf");
  queued.start();
  queued.cancel();
  await end(0, { upload_id: "1" });
  assert.deepEqual([sent, files.ready], [[], true]);
});

test("removing the last file cancels the question", () => {
  const { queued, sent, files, attach } = open();
  attach("a.pdf");
  queued.start();
  files.remove(files.store.value[0]!.key);
  assert.deepEqual([sent, queued.store.value], [[], null]);
});

test("a question waits for an answer in progress too", async () => {
  const { queued, sent, running, attach, end } = open();
  attach("a.pdf");
  queued.start();
  running.set(["an answer"]);
  await end(0, { upload_id: "1" });
  assert.deepEqual(sent, []);
  running.set([]);
  assert.deepEqual(sent, [["a.pdf"]]);
});
