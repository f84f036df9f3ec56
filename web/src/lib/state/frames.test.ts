import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameLoop } from "./frames.ts";

function loopOf(now = () => 0): { loop: FrameLoop; frame: () => void; requested: () => number } {
  const queue: (() => void)[] = [];
  const loop = new FrameLoop((run) => queue.push(run), now);
  return { loop, frame: () => queue.shift()?.(), requested: () => queue.length };
}

test("a job added several times writes once in a frame", () => {
  const { loop, frame, requested } = loopOf();
  let writes = 0;
  const job = { write: () => (writes++, false) };
  for (let times = 0; times < 200; times++) loop.add(job);
  assert.equal(requested(), 1);
  frame();
  assert.equal(writes, 1);
  assert.equal(requested(), 0);
});

test("what is left goes into the next frame, and a removed job writes no more", () => {
  const { loop, frame } = loopOf();
  let writes = 0;
  const job = { write: () => (writes++, true) };
  loop.add(job);
  frame();
  frame();
  assert.equal(writes, 2);
  loop.remove(job);
  frame();
  assert.equal(writes, 2);
});

test("the newest answer is written first, also while work is left", () => {
  const { loop, frame } = loopOf();
  const order: string[] = [];
  for (const name of ["old", "new"]) loop.add({ write: () => (order.push(name), true) });
  frame();
  frame();
  assert.deepEqual(order, ["new", "old", "new", "old"]);
});

test("a callback before a frame's jobs changes what they write in that frame", async () => {
  const { loop, frame, requested } = loopOf();
  const written: string[] = [];
  let text = "old";
  const job = { write: () => (written.push(text), false) };
  loop.before(() => {
    text = "new";
    queueMicrotask(() => loop.add(job)); // as a component's effect does
  });
  frame();
  await Promise.resolve()
    .then(() => {})
    .then(() => {});
  assert.deepEqual(written, ["new"]);
  assert.equal(requested(), 0);
});

test("a key that was pressed has the next frame for itself, and only that", () => {
  const { loop, frame } = loopOf();
  let writes = 0;
  loop.add({ write: () => (writes++, true) });
  loop.giveWay();
  frame();
  assert.equal(writes, 0);
  loop.giveWay(); // a key that is held down
  frame();
  assert.equal(writes, 1);
});

test("a slow frame is followed by an equally long pause", () => {
  let now = 0;
  const { loop, frame } = loopOf(() => now);
  let writes = 0;
  loop.add({ write: () => (writes++, true) });
  frame();
  now = 40;
  loop.drawn(0);
  for (now of [56, 72]) frame();
  assert.equal(writes, 1);
  now = 80;
  frame();
  assert.equal(writes, 2);
  now = 90;
  loop.drawn(80); // quick enough
  frame();
  assert.equal(writes, 3);
});
