import assert from "node:assert/strict";
import { test } from "node:test";
import { formatUptime, uptime } from "./uptime.ts";

const day = (downtime_seconds: number) => ({ day: "2026-11-23", downtime_seconds, impact: null });

test("the share of time without an outage is of all days together", () => {
  assert.equal(uptime([day(0), day(43_200)]), 0.75);
  assert.equal(uptime([]), null);
});

test("a second of outage in ninety days is not shown as none", () => {
  const share = uptime([day(1), ...Array.from({ length: 89 }, () => day(0))])!;
  assert.equal(formatUptime(share, "en-IN"), "99.999%");
  assert.equal(formatUptime(1, "en-IN"), "100%");
});
