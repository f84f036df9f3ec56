import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDollars, formatMs, formatPart, formatShare, formatZoned, parseAmount, parseUnits } from "./format.ts";
import { sectionOf } from "./sections.ts";

test("a time has its zone", () => {
  assert.match(formatZoned("2026-11-23T06:26:00Z", "en"), /23 Nov 2026.*(UTC|GMT|[A-Z]{3})/);
});

test("money is to the cent, and below a dollar to two digits that count", () => {
  assert.equal(formatDollars(12_340_000, "en"), "$12.34");
  assert.equal(formatDollars(-2_500_000, "en"), "-$2.50");
  assert.equal(formatDollars(1_234, "en"), "$0.0012");
  assert.equal(formatDollars(0, "en"), "$0");
});

test("shares and times are as long as they say something", () => {
  assert.equal(formatShare(0.0123, "en"), "1.23%");
  assert.equal(formatShare(0.5, "en", true), "+50%");
  assert.equal(formatShare(-2, "en", true), "-200%");
  assert.equal(formatMs(420, "en"), "420ms");
  assert.equal(formatMs(1_540, "en"), "1.54s");
});

test("days and months are read, names stay as they are", () => {
  assert.equal(formatPart("2026-11-23", "en"), "23 Nov 2026");
  assert.equal(formatPart("2026-11", "en"), "November 2026");
  assert.equal(formatPart("openai/gpt-4.1", "en"), "openai/gpt-4.1");
});

test("amounts are whole numbers of the smallest unit, or none", () => {
  assert.deepEqual(
    ["799", "799.5", " 0.01 ", "1.005", "-1", "1e3", ""].map((text) => parseAmount(text, "INR")),
    [79_900, 79_950, 1, null, null, null, null],
  );
  assert.deepEqual(
    ["149000", "149,000", "149000.5"].map((text) => parseAmount(text, "IDR")),
    [149_000, 149_000, null],
  );
  assert.deepEqual(["5", "0", "1.5", "", "-2"].map(parseUnits), [5, 0, null, null, null]);
});

test("an address belongs to the section with the longest path", () => {
  assert.deepEqual(sectionOf("/admin"), { name: "overview", address: "/admin" });
  assert.deepEqual(sectionOf("/admin/users/1"), { name: "users", address: "/admin/users" });
  assert.equal(sectionOf("/admin/usersandmore").name, "overview");
  assert.equal(sectionOf("/admin/nowhere").name, "overview");
});
