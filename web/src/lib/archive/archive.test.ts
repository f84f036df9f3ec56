import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { ExportJob, type Export } from "./export_job.ts";
import { ImportJob, leftOutOf, type Import } from "./import_job.ts";

const now = async () => {};
const exported = (state: Export["state"], progress: number): Export => ({
  state,
  progress,
  url: state === "done" ? "/file.zip" : null,
  expires_at: null,
  error: state === "failed" ? "The storage is full." : null,
});
const imported = (state: Import["state"], progress: number): Import => ({
  state,
  progress,
  imported: 2,
  skipped: 1,
  failed: 0,
  errors: [],
  left_out: { hidden: 0, thoughts: 3, tool_calls: 1, tool_results: 0, unreadable: 0 },
  error: state === "failed" ? "This is no archive." : null,
});

function jobOf(states: Export[]) {
  const job = new ExportJob({ begin: async () => "1", read: async () => states.shift()! }, now);
  const seen: string[] = [];
  job.store.subscribe((each) => seen.push("progress" in each ? `${each.state} ${each.progress}` : each.state));
  return { job, seen };
}

test("an export is followed from its beginning to its file", async () => {
  const { job, seen } = jobOf([exported("queued", 0), exported("running", 40), exported("done", 100)]);
  const ended = new Promise<void>((resolve) => job.store.subscribe(({ state }) => state === "done" && resolve()));
  assert.equal(await job.begin("account"), "1");
  await ended;
  assert.deepEqual(seen, ["idle", "running 0", "running 0", "running 0", "running 40", "done"]);
});

test("an export started before is followed to its end", async () => {
  const done = jobOf([exported("running", 10), exported("done", 100)]);
  await done.job.follow("1");
  assert.deepEqual(done.job.store.value, { state: "done", url: "/file.zip" });

  const failed = jobOf([exported("failed", 10)]);
  await failed.job.follow("1");
  const state = failed.job.store.value;
  assert.ok(state.state === "failed" && state.sentence === "The storage is full.");

  const expired = jobOf([exported("expired", 100)]);
  await expired.job.follow("1");
  assert.deepEqual(expired.job.store.value, { state: "expired" });
});

test("an export that cannot begin says why, and has no id", async () => {
  const refusal = new ApiError(429, { code: "rate_limited" }, null);
  const job = new ExportJob({ begin: () => Promise.reject(refusal), read: async () => exported("done", 100) }, now);
  assert.equal(await job.begin("conversations"), null);
  const state = job.store.value;
  assert.ok(state.state === "failed" && state.failure === refusal);
});

test("an import is sent, followed and counted", async () => {
  const states = [imported("queued", 0), imported("running", 50), imported("done", 100)];
  const opened: unknown[] = [];
  const job = new ImportJob(
    {
      open: async (file) => {
        opened.push(file);
        return { upload_id: "u", url: "/put", headers: {}, expires_at: "" };
      },
      put: async (_target, _file, onprogress) => onprogress(70),
      begin: async (upload) => `import of ${upload}`,
      read: async (id) => (assert.equal(id, "import of u"), states.shift()!),
    },
    now,
  );
  const seen: string[] = [];
  job.store.subscribe((each) => seen.push("progress" in each ? `${each.state} ${each.progress}` : each.state));

  await job.run(new File(["{}"], "archive.json"));

  assert.deepEqual(opened, [{ name: "archive.json", type: "application/json", size: 2 }]);
  assert.deepEqual(seen, ["idle", "sending 0", "sending 70", "running 0", "running 0", "running 50", "done"]);
});

test("an import that fails keeps the sentence and what came before", async () => {
  const job = new ImportJob(
    {
      open: async () => ({ upload_id: "u", url: "/put", headers: {}, expires_at: "" }),
      put: async () => {},
      begin: async () => "1",
      read: async () => imported("failed", 30),
    },
    now,
  );
  await job.run(new File(["{}"], "archive.zip"));
  const state = job.store.value;
  assert.ok(state.state === "failed" && state.sentence === "This is no archive." && state.result?.imported === 2);
});

test("what an import left out is listed by kind, without kinds of nothing", () => {
  assert.deepEqual(leftOutOf(imported("done", 100)), [
    ["thoughts", 3],
    ["tool_calls", 1],
  ]);
});
