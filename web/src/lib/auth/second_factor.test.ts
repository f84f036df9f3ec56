import assert from "node:assert/strict";
import { test } from "node:test";
import { SecondFactor } from "./second_factor.ts";

test("requests that wait get one answer", async () => {
  const factor = new SecondFactor();

  const waiting = [factor.ask(), factor.ask()];
  assert.equal(factor.asked.value, true);
  factor.answer(true);

  assert.deepEqual(await Promise.all(waiting), [true, true]);
  assert.equal(factor.asked.value, false);
});

test("a later request asks again, and a refused question is no answer to it", async () => {
  const factor = new SecondFactor();
  const first = factor.ask();
  factor.answer(false);
  const second = factor.ask();

  assert.equal(await first, false);
  assert.equal(factor.asked.value, true);
  factor.answer(true);
  assert.equal(await second, true);
});

test("an answer without a question changes nothing", async () => {
  const factor = new SecondFactor();

  factor.answer(true);
  const asked = factor.ask();
  factor.answer(false);

  assert.equal(await asked, false);
});
