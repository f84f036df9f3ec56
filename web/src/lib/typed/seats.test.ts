import assert from "node:assert/strict";
import { test } from "node:test";
import { isConfirmed, seatCount } from "./seats.ts";

test("a number of seats is read in the digits of every script, within what is sold", () => {
  const range = { least: 2, most: 500 };
  const typed = ["2", " 500 ", "१२", "1", "501", "2.5", "", "many", "-3"];
  assert.deepEqual(
    typed.map((each) => seatCount(each, range)),
    [2, 500, 12, null, null, null, null, null, null],
  );
});

test("a bank asks about a charge from the stated number of seats on, and never without one", () => {
  assert.deepEqual(
    [21, 22].map((seats) => isConfirmed({ confirmed_from_seats: 22 }, seats)),
    [false, true],
  );
  assert.equal(isConfirmed({ confirmed_from_seats: null }, 500), false);
});
