import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, hoursText } from "./handoff.ts";

test("hours name their days from Monday, and lack nothing", () => {
  const hours = { days: [7, 1], starts: "09:00", ends: "18:00" };
  assert.equal(hoursText(hours, "en"), "Mon, Sun 09:00–18:00");
  assert.ok(complete([hours]));
  assert.ok(!complete([hours, { ...hours, days: [] }]));
  assert.ok(!complete([{ ...hours, ends: "" }]));
});
