import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Pipeline, type RenderRequest, type RenderWorker } from "./pipeline.ts";

/** A worker that responds when the test lets it. */
class FakeWorker {
  requests: RenderRequest[] = [];
  terminated = false;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;

  postMessage(request: RenderRequest): void {
    this.requests.push(request);
  }

  answer(request = this.requests.shift()): void {
    if (request) this.onmessage?.({ data: { id: request.id, html: `<p>${request.text}</p>` } } as MessageEvent);
  }

  terminate(): void {
    this.terminated = true;
  }
}

function pipelineOf(workers: FakeWorker[]): Pipeline {
  return new Pipeline(() => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker as unknown as RenderWorker;
  });
}

test("all blocks share one worker, and get their own HTML", async () => {
  const workers: FakeWorker[] = [];
  const pipeline = pipelineOf(workers);
  const results = Promise.all([pipeline.render("a"), pipeline.render("b")]);
  assert.equal(pipeline.warm, false);
  const [worker] = workers;
  worker?.answer(worker.requests.pop());
  worker?.answer();
  assert.deepEqual(await results, ["<p>a</p>", "<p>b</p>"]);
  assert.equal(workers.length, 1);
  assert.equal(pipeline.warm, true);
});

test("a failed worker is not kept: the next block gets a new one", async () => {
  const workers: FakeWorker[] = [];
  const pipeline = pipelineOf(workers);
  const lost = pipeline.render("a");
  workers[0]?.onerror?.({} as ErrorEvent);
  assert.equal(await lost, null);
  assert.equal(workers[0]?.terminated, true);
  const next = pipeline.render("b");
  workers[1]?.answer();
  assert.equal(await next, "<p>b</p>");
});

test("a worker that cannot be made is tried again with the next block", async () => {
  let tries = 0;
  const worker = new FakeWorker();
  const pipeline = new Pipeline(() => {
    if (++tries === 1) throw new TypeError("the file is gone");
    return worker as unknown as RenderWorker;
  });
  assert.equal(await pipeline.render("a"), null);
  const next = pipeline.render("b");
  worker.answer();
  assert.equal(await next, "<p>b</p>");
});

test("a block that takes too long is given up alone: the others go to a new worker", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const workers: FakeWorker[] = [];
    const pipeline = pipelineOf(workers);
    const warm = pipeline.render("warm");
    workers[0]?.answer();
    await warm;
    const [slow, other] = [pipeline.render("slow"), pipeline.render("other")];
    mock.timers.tick(5_001);
    assert.equal(await slow, null);
    assert.equal(workers[0]?.terminated, true);
    assert.deepEqual(
      workers[1]?.requests.map((request) => request.text),
      ["other"],
    );
    workers[1]?.answer();
    assert.equal(await other, "<p>other</p>");
  } finally {
    mock.timers.reset();
  }
});
