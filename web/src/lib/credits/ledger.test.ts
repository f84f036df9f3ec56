import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import type { LedgerEntry } from "./backend.ts";
import { microseconds, NO_HASH, sha256, textOf, verifyChain, type Verification } from "./ledger.ts";

const WORKSPACE = "7d1f0d3e-60a5-4a07-8f1c-64a2f0b2c9d1";
/** Movements as their entries: account and amount. */
type Movement = readonly (readonly [account: string, amount: number])[];
const PURCHASE: Movement = [
  ["paid", 10_000_000],
  ["sold", -10_000_000],
];
const USE: Movement = [
  ["paid", -350],
  ["used", 350],
];

async function chainOf(movements: readonly Movement[]): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (const [at, movement] of movements.entries())
    for (const [account, amount] of movement) {
      const previous_hash = entries.at(-1)?.hash ?? NO_HASH;
      const entry = {
        number: entries.length + 1,
        workspace_id: WORKSPACE,
        movement_id: `movement ${at}`,
        account,
        amount_micro_usd: amount,
        cause: `use:${at}`,
        at: "2026-11-27T06:00:00.000001Z",
        previous_hash,
        hash: "",
      };
      entries.push({ ...entry, hash: await sha256(textOf(entry, previous_hash)) });
    }
  return entries;
}

/** The end of a verification of these entries in pages of three. */
async function verified(entries: readonly LedgerEntry[]): Promise<Verification | undefined> {
  const steps: Verification[] = [];
  const read = async (cursor: string | null) => {
    const start = Number(cursor ?? 0);
    const next = start + 3;
    return { items: entries.slice(start, next), next_cursor: next < entries.length ? String(next) : null };
  };
  for await (const step of verifyChain(read)) steps.push(step);
  return steps.at(-1);
}

test("the text of an entry has the bytes that docs/ledger.md shows", () => {
  const entry = {
    number: 1,
    workspace_id: WORKSPACE.toUpperCase(),
    account: "paid",
    amount_micro_usd: 10_000_000,
    cause: "purchase:0b9f6f2e-3f0a-4f2b-9c51-0b7a6f3d2e10",
    at: "2026-11-27T08:00:00Z",
  } as LedgerEntry;
  assert.equal(
    textOf(entry, NO_HASH),
    `1|1|${WORKSPACE}|paid|10000000|purchase:0b9f6f2e-3f0a-4f2b-9c51-0b7a6f3d2e10|1795766400000000|${NO_HASH}`,
  );
});

test("a time keeps its microseconds", () => {
  assert.equal(microseconds("1970-01-01T00:00:01.000001Z"), 1_000_001n);
  assert.equal(microseconds("1970-01-01T05:30:01.5+05:30"), 1_500_000n);
  assert.equal(microseconds("2026-11-27T06:00:00Z"), 1_795_759_200_000_000n);
});

test("a chain that holds is summed by account", async () => {
  const owing: Movement = [
    ["paid", -9_999_650],
    ["owed", -40],
    ["used", 9_999_690],
  ];
  const entries = await chainOf([PURCHASE, USE, owing]);
  assert.deepEqual(await verified(entries), {
    state: "holds",
    checked: 7,
    hash: entries.at(-1)?.hash,
    credits: 0,
    owed: 40,
    marked: null,
  });
  const none = { state: "holds", checked: 0, hash: NO_HASH, credits: 0, owed: 0, marked: null };
  assert.deepEqual(await verified([]), none);
});

test("the first entry that does not hold is named with the reason", async () => {
  const entries = await chainOf([PURCHASE, USE, USE]);
  const changed = (number: number, change: Partial<LedgerEntry>) =>
    entries.map((entry) => (entry.number === number ? { ...entry, ...change } : entry));
  const cases: [LedgerEntry[], number, string][] = [
    [changed(4, { amount_micro_usd: 351 }), 4, "hash"],
    [changed(3, { cause: "use:9" }), 3, "hash"],
    [changed(2, { at: "2026-11-27T06:00:00.000002Z" }), 2, "hash"],
    [changed(5, { previous_hash: NO_HASH }), 5, "previous_hash"],
    [changed(2, { workspace_id: WORKSPACE.replace("7", "8") }), 2, "workspace"],
    [entries.filter(({ number }) => number !== 3), 3, "number"],
    [entries.slice(1), 1, "number"],
    [await chainOf([PURCHASE, [["paid", -350]], USE]), 3, "movement"],
    [await chainOf([PURCHASE, [["paid", -350]]]), 3, "movement"],
  ];
  for (const [chain, number, fault] of cases) {
    const end = await verified(chain);
    assert.ok(end?.state === "broken", fault);
    assert.deepEqual([end.number, end.fault], [number, fault]);
  }
});

test("a page that is refused for a moment is read again, and another refusal ends the check", async () => {
  const waits: number[] = [];
  const wait = async (seconds: number) => void waits.push(seconds);
  const entries = await chainOf([PURCHASE]);
  const answers = [new ApiError(429, {}, null, 7), new ApiError(503, {}, null), { items: entries, next_cursor: null }];
  const read = async () => {
    const answer = answers.shift();
    if (answer instanceof ApiError || !answer) throw answer;
    return answer;
  };
  let end: Verification | undefined;
  for await (const step of verifyChain(read, wait)) end = step;
  assert.equal(end?.state, "holds");
  assert.deepEqual(waits, [7, 2]);

  const refused = verifyChain(async () => Promise.reject(new ApiError(403, {}, null)), wait);
  await assert.rejects(refused.next(), ApiError);
});
