import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCost, formatExactCost, formatMaxCost, formatMoney, formatTime } from "./format.ts";

test("a cost has dollars and cents, and one under half a cent is said to be small", () => {
  assert.equal(formatCost(0, "en"), "$0.00");
  assert.equal(formatCost(4_999, "en"), "<$0.01");
  assert.equal(formatCost(5_000, "en"), "$0.01");
  assert.equal(formatCost(2_500_000, "en"), "$2.50");
});

test("the most that something costs is rounded up to the cent", () => {
  assert.equal(formatMaxCost(32_020, "en"), "$0.04");
  assert.equal(formatMaxCost(10_000, "en"), "$0.01");
  assert.equal(formatMaxCost(1, "en"), "$0.01");
});

test("an exact cost keeps two significant digits of small amounts", () => {
  assert.equal(formatExactCost(1_234, "en"), "$0.0012");
});

test("an exact cost of whole cents has two decimals", () => {
  assert.equal(formatExactCost(400_000, "en"), "$0.40");
  assert.equal(formatExactCost(0, "en"), "$0.00");
  assert.equal(formatExactCost(32_020, "en"), "$0.03202");
});

test("midnight is the day alone, and every other time has its hour", () => {
  assert.equal(formatTime(new Date(2026, 11, 1).toISOString(), "en"), "1 Dec 2026");
  assert.equal(formatTime(new Date(2026, 11, 1, 0, 1).toISOString(), "en"), "1 Dec 2026, 12:01 am");
  assert.equal(formatTime(new Date(2026, 11, 1, 12).toISOString(), "en"), "1 Dec 2026, 12:00 pm");
  assert.equal(formatTime(new Date(2026, 11, 1).toISOString(), "hi"), "1 दिस॰ 2026");
});

test("rupiah are whole, in the groups of Indonesia, in both languages", () => {
  for (const language of ["en", "hi"] as const) {
    assert.equal(formatMoney(99_000, "IDR", language), "Rp\u00a099.000");
    assert.equal(formatMoney(0, "IDR", language), "Rp\u00a00");
  }
});

test("rupees and dollars have two decimals unless they are whole", () => {
  assert.equal(formatMoney(799_00, "INR", "en"), "₹799");
  assert.equal(formatMoney(1_00_000_50, "INR", "en"), "₹1,00,000.50");
  assert.equal(formatMoney(9_99, "USD", "en"), "$9.99");
  assert.equal(formatMoney(1_00_000_50, "INR", "hi"), "₹1,00,000.50");
});

test("dollars are in groups of three digits, also for readers of Hindi", () => {
  for (const language of ["en", "hi"] as const) {
    assert.equal(formatMoney(1_234_567_89, "USD", language), "$1,234,567.89");
    assert.equal(formatCost(1_234_567_890_000, language), "$1,234,567.89");
    assert.equal(formatMoney(1_234_567, "JPY", language), "¥1,234,567");
  }
});
