import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { Resource } from "./resource.ts";

test("a resource is loading, then ready, and keeps its value while it reads again", async () => {
  let next = 1;
  const resource = new Resource(async () => next++);
  assert.deepEqual(resource.store.value, { state: "loading" });

  await resource.load();
  assert.deepEqual(resource.store.value, { state: "ready", value: 1 });

  const again = resource.load();
  assert.deepEqual(resource.store.value, { state: "ready", value: 1 });
  await again;
  assert.deepEqual(resource.store.value, { state: "ready", value: 2 });
});

test("a failure is the API's error, and reading again says that it is loading", async () => {
  let fails = true;
  const resource = new Resource(async () => {
    if (fails) throw new ApiError(503, { code: "busy" }, "r1");
    return "there";
  });
  await resource.load();
  const failed = resource.store.value;
  assert.ok(failed.state === "failed" && failed.failure.code === "busy");

  fails = false;
  const again = resource.load();
  assert.equal(resource.store.value.state, "loading");
  await again;
  assert.deepEqual(resource.store.value, { state: "ready", value: "there" });
});

test("a slow answer does not replace what was set since", async () => {
  let answer: (value: string) => void = () => {};
  const resource = new Resource(() => new Promise<string>((resolve) => (answer = resolve)));
  const reading = resource.load();
  resource.set("changed");
  answer("as it was");
  await reading;
  assert.deepEqual(resource.store.value, { state: "ready", value: "changed" });
});
