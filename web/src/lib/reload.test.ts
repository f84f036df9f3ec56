import assert from "node:assert/strict";
import { test } from "node:test";
import { reloadOnce } from "./reload.ts";

function page(forbidden = false) {
  const stored = new Map<string, string>();
  return {
    reloads: 0,
    read: (key: string) => stored.get(key) ?? null,
    write: (key: string, value: string) => !forbidden && Boolean(stored.set(key, value)),
    reload() {
      this.reloads++;
    },
  };
}

test("a missing part of the app reloads the page once for each version", () => {
  const shown = page();

  assert.deepEqual(
    ["1", "1", "2", "2"].map((version) => reloadOnce(version, shown)),
    [true, false, true, false],
  );
  assert.equal(shown.reloads, 2);
});

test("a page that cannot remember is not reloaded for ever", () => {
  const shown = page(true);

  assert.equal(reloadOnce("1", shown), false);
  assert.equal(shown.reloads, 0);
});
