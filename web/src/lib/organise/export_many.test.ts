import assert from "node:assert/strict";
import { test } from "node:test";
import { exportMany } from "./export_many.ts";
import { crc32 } from "./zip.ts";

test("a failed conversation is named and does not stop the others", async () => {
  const seen: number[] = [];
  const saved: string[] = [];
  const result = await exportMany(
    ["Rain", "Roof", "Large"].map((title) => ({ id: title, title })),
    "markdown",
    (done) => seen.push(done),
    async (id) => {
      if (id === "Roof") throw new Error("away");
      return id === "Large" ? null : new Blob([id]);
    },
    (_, name) => saved.push(name),
  );
  assert.deepEqual(result, { saved: 1, failed: ["Roof", "Large"] });
  assert.deepEqual(seen, [0, 1, 2]);
  assert.deepEqual(saved, ["conversations.zip"]);
});

test("nothing is saved if every conversation failed", async () => {
  const fail = () => Promise.reject(new Error("away"));
  const result = await exportMany(
    [{ id: "a", title: "A" }],
    "json",
    () => {},
    fail,
    () => assert.fail(),
  );
  assert.deepEqual(result, { saved: 0, failed: ["A"] });
});

test("the checksum is the one of the specification's check value", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});
