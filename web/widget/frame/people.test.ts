import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "./people.ts";

test("a conversation with people is read every three seconds for two minutes, and rarely on a hidden page", () => {
  assert.deepEqual([0, 119_999, 120_000, 3_600_000].map(pause), [3_000, 3_000, 15_000, 15_000]);
  const seen = Object.getOwnPropertyDescriptor(globalThis, "document");
  try {
    Object.defineProperty(globalThis, "document", { value: { visibilityState: "hidden" }, configurable: true });
    assert.equal(pause(0), 60_000);
  } finally {
    if (seen) Object.defineProperty(globalThis, "document", seen);
    else Reflect.deleteProperty(globalThis, "document");
  }
});
