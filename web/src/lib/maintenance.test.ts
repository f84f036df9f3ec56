import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { errorOf } from "./api/errors.ts";
import { maintenance } from "./maintenance.ts";

beforeEach(() => maintenance.set(null));

const refusal = (error: object, status = 503) =>
  new Response(JSON.stringify({ error, request_id: "r-1" }), {
    status,
    headers: { "content-type": "application/json" },
  });

test("a refusal by maintenance is remembered with its sentence and its end", async () => {
  await errorOf(refusal({ code: "maintenance", message: "We are moving.", ends_at: "2026-11-23T20:30:00Z" }));

  assert.deepEqual(maintenance.value, { message: "We are moving.", ends_at: "2026-11-23T20:30:00Z" });
});

test("a repeated refusal notifies no listener, and another one changes nothing", async () => {
  const values: unknown[] = [];
  const closed = { code: "maintenance", message: "We are moving.", ends_at: null };
  await errorOf(refusal(closed));
  maintenance.subscribe((value) => values.push(value));

  await errorOf(refusal(closed));
  await errorOf(refusal({ code: "busy", message: "Busy." }));

  assert.deepEqual(values, [{ message: "We are moving.", ends_at: null }]);
});
