import assert from "node:assert/strict";
import { test } from "node:test";
import { forPeople } from "./plans.ts";

test("people do not see the plans of teams", () => {
  const pro = { id: "pro", for_teams: false };
  const list = { items: [pro, { id: "team", for_teams: true }], tax_inclusive: true };
  assert.deepEqual(forPeople(list), { items: [pro], tax_inclusive: true });
});
