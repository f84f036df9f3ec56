import assert from "node:assert/strict";
import { test } from "node:test";
import { formatUptime, uptime } from "./uptime.ts";

const day = (downtime_seconds: number) => ({ day: "2026-11-23", downtime_seconds, impact: null });
const LATER = Date.parse("2026-12-24T00:00:00Z");

test("the share of time without an outage is of all days together", () => {
  assert.equal(uptime([day(0), day(43_200)], LATER), 0.75);
  assert.equal(uptime([], LATER), null);
});

test("of a day that is not over counts what has passed", () => {
  assert.equal(uptime([day(3_600)], Date.parse("2026-11-23T04:00:00Z")), 0.75);
});

test("a second of outage in ninety days is not shown as none", () => {
  const share = uptime([day(1), ...Array.from({ length: 89 }, () => day(0))], LATER)!;
  assert.equal(formatUptime(share, "en-IN"), "99.999%");
  assert.equal(formatUptime(1, "en-IN"), "100%");
});
