import assert from "node:assert/strict";
import { test } from "node:test";
import { sharedLimitsChanges, sharedLimitsForm, sharedLimitsProblems } from "./shared_limits.ts";

const unset = { answers_per_day: null, micro_usd_per_day: null, micro_usd_per_month: null };

test("shared limits are typed in dollars, an empty one is removed, and only what changed is sent", () => {
  const now = { chatbot_limits: { ...unset, micro_usd_per_day: 1_500_000 }, visitors_percent: 50 };
  const form = sharedLimitsForm(now);
  assert.deepEqual(form, {
    answers_per_day: "",
    micro_usd_per_day: "1.5",
    micro_usd_per_month: "",
    visitors_percent: "50",
  });
  assert.deepEqual(sharedLimitsChanges(form, now), {});
  assert.deepEqual(sharedLimitsChanges({ ...form, visitors_percent: "0" }, now), { visitors_percent: 0 });
  assert.deepEqual(sharedLimitsChanges({ ...form, micro_usd_per_day: " ", answers_per_day: "40" }, now), {
    chatbot_limits: { ...unset, answers_per_day: 40 },
  });
  assert.deepEqual(
    sharedLimitsProblems({ ...form, answers_per_day: "many", micro_usd_per_month: "-2", visitors_percent: "101" }),
    ["answers_per_day", "micro_usd_per_month", "visitors_percent"],
  );
  assert.deepEqual(sharedLimitsProblems({ ...form, visitors_percent: "" }), ["visitors_percent"]);
});
