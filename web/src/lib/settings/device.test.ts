import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf } from "./device.ts";

test("browsers and systems are named as people name them", () => {
  const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";
  assert.deepEqual(deviceOf(`${windows} Safari/537.36`), { browser: "Chrome", system: "Windows" });
  assert.deepEqual(deviceOf(`${windows} Safari/537.36 Edg/156.0`), { browser: "Edge", system: "Windows" });
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1";
  assert.deepEqual(deviceOf(phone), { browser: "Safari", system: "iPhone" });
});

test("a program is its name, and nothing is nothing", () => {
  assert.deepEqual(deviceOf("python-httpx/1.0"), { browser: "python-httpx", system: null });
  assert.equal(deviceOf(null), null);
  assert.equal(deviceOf("  "), null);
});
