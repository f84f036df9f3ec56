import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ApiError } from "./api/errors.ts";
import type { KeptRows } from "./state/kept_rows.ts";
import { Offline, online } from "./offline.ts";

class Rows implements KeptRows {
  kept = new Map<string, unknown>();
  broken = false;
  get = async (user: string, key: string) => this.#open().get(`${user} ${key}`);
  put = async (user: string, key: string, value: unknown) => void this.#open().set(`${user} ${key}`, value);
  drop = async (which: (user: string, key: string) => boolean) => {
    for (const row of this.#open().keys()) {
      const [key = "", ...user] = row.split(" ").reverse();
      if (which(user.reverse().join(" "), key)) this.kept.delete(row);
    }
  };
  #open() {
    if (this.broken) throw new Error("QuotaExceededError");
    return this.kept;
  }
}

const away = () => Promise.reject(new ApiError(0, {}, null));
const refused = () => Promise.reject(new ApiError(404, { code: "not_found", message: "This was not found." }, null));
let rows: Rows, user: string | null, known: boolean, offline: Offline;

beforeEach(() => {
  [rows, user, known] = [new Rows(), "asha", false];
  offline = new Offline(
    rows,
    () => user,
    () => known,
  );
  online.set(true);
});

test("kept data is there while the network is away", async () => {
  assert.equal(await offline.read("me", async () => "Asha"), "Asha");

  assert.equal(await offline.read("me", away), "Asha");
  assert.equal(online.value, false);
  assert.equal(await offline.read("me", async () => "Asha again"), "Asha again");
  assert.equal(online.value, true);
});

test("kept data is there during maintenance, and the page counts as online", async () => {
  const closed = () => Promise.reject(new ApiError(503, { code: "maintenance", message: "We are moving." }, null));
  await offline.read("me", async () => "Asha");

  assert.equal(await offline.read("me", closed), "Asha");
  assert.equal(online.value, true);
  await assert.rejects(offline.read("other", closed), { code: "maintenance" });
});

test("known to be offline, the page does not wait for a request to fail", async () => {
  await offline.read("me", async () => "Asha");
  known = true;

  let asked = false;
  const shown = await offline.read("me", async () => {
    asked = true;
    return "later";
  });

  assert.deepEqual([shown, asked], ["Asha", false]);
});

test("a read without kept data fails, and so does a refusal", async () => {
  await offline.read("me", async () => "Asha");

  await assert.rejects(offline.read("other", away), { status: 0 });
  await assert.rejects(offline.read("me", refused), { code: "not_found" });
});

test("what was refused, and what was kept of a lost team, is not there offline", async () => {
  const open = async () => "Tea prices";
  for (user of ["asha", "asha tea", "asha milk", "ravi tea"]) await offline.read("talk", open);
  await offline.read("other", open);

  await offline.forgetOtherWorkspaces("asha", ["1", null, "2", "milk"]);
  user = "asha milk";
  await assert.rejects(offline.read("talk", refused), { status: 404 });

  assert.deepEqual([...rows.kept.keys()], ["asha talk", "ravi tea talk", "ravi tea other"]);
  await assert.rejects(offline.read("talk", away), { status: 0 });
});

test("a user cannot read another's kept data, and visitors keep none", async () => {
  await offline.read("me", async () => "Asha");

  user = "ravi";
  await assert.rejects(offline.read("me", away), { status: 0 });
  user = null;
  await assert.rejects(offline.read("me", away), { status: 0 });
  await offline.read("prices", async () => "free");
  assert.deepEqual([...rows.kept.keys()], ["asha me"]);
});

test("after sign-out nothing is left", async () => {
  await offline.read("me", async () => "Asha");

  await offline.forget();

  assert.equal(rows.kept.size, 0);
});

test("reading online works if the browser keeps nothing", async () => {
  rows.broken = true;

  assert.equal(await offline.read("me", async () => "Asha"), "Asha");
  await assert.rejects(offline.read("me", away), { status: 0 });
  await offline.forget();
});
