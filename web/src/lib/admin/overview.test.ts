import assert from "node:assert/strict";
import { test } from "node:test";
import { courseOf, daysOf, reportOf } from "./overview.ts";

const MONTH = { from: "2026-10-24T18:30:00Z", to: "2026-11-23T18:30:00Z", tz: "Asia/Kolkata", step_days: 1 };

test("the days of an overview are days of its time zone", () => {
  assert.deepEqual(daysOf(MONTH), { from: "2026-10-25", to: "2026-11-23", count: 30 });
  // The clocks of Berlin change within these days.
  const autumn = { from: "2026-10-23T22:00:00Z", to: "2026-10-30T23:00:00Z", tz: "Europe/Berlin" };
  assert.deepEqual(daysOf(autumn), { from: "2026-10-24", to: "2026-10-30", count: 7 });
});

test("a course ends with the last day and begins its steps before", () => {
  assert.deepEqual(courseOf(MONTH, [1, null, 3], "en"), {
    values: [1, null, 3],
    from: "21 Nov 2026",
    to: "23 Nov 2026",
  });
  assert.equal(courseOf({ ...MONTH, step_days: 7 }, [1, 2], "en").from, "10 Nov 2026");
});

test("a figure leads to the report of its days", () => {
  const days = daysOf(MONTH);
  assert.equal(reportOf("usage", "answers", days), "/admin/analytics/usage?range=30&measure=answers");
  assert.equal(
    reportOf("cost", "margin_micro_usd", { from: "2026-11-23", to: "2026-11-23", count: 1 }),
    "/admin/analytics/cost?range=custom&from=2026-11-23&to=2026-11-23&measure=margin_micro_usd",
  );
  assert.match(reportOf("usage", "answers", { ...days, count: 365 }), /range=365&group_by=week&measure=answers$/);
});
