import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import type { KeptPicture } from "./metadata.ts";
import { PictureAddresses, pictureName } from "./picture_addresses.ts";

interface Case {
  name: string;
  title: string;
  repeat?: number;
  index: number;
  count: number;
  type: string;
  file?: string;
  longest?: number;
}
const address = new URL("../../../../tests/world_cases/pictures/cases.json", import.meta.url);
const CASES = JSON.parse(readFileSync(address, "utf8")) as Case[];

for (const { name, title, repeat = 1, index, count, type, file, longest } of CASES) {
  test(`the file of ${name}`, () => {
    const made = pictureName(title.repeat(repeat), index, count, type);
    if (file) assert.equal(made, file);
    if (longest) assert.ok(made.length <= longest, made);
  });
}

const minutes = (count: number): string => new Date(Date.now() + count * 60_000).toISOString();
const picture = (url: string, expires_at: string): KeptPicture => ({ url, media_type: "image/png", expires_at });

/** Addresses that are read again as `next`, and a storage that has only what `found` names. */
function addressesOf(first: KeptPicture, next: KeptPicture[], found: readonly string[]) {
  const seen = { reads: 0, loads: [] as string[] };
  const addresses = new PictureAddresses(
    [first],
    async () => {
      seen.reads++;
      return next;
    },
    async (url) => {
      seen.loads.push(url);
      if (!found.includes(url)) return new Response("AccessDenied", { status: 403 });
      return new Response(new Blob(["pixels"], { type: "image/png" }));
    },
  );
  return { addresses, seen };
}

test("an address that is good is used as it is", async () => {
  const { addresses, seen } = addressesOf(picture("https://a/1", minutes(10)), [], ["https://a/1"]);
  const file = await addresses.file(0, "Kite");
  assert.deepEqual([file.name, file.type, await file.text()], ["Kite.png", "image/png", "pixels"]);
  assert.equal(seen.reads, 0);
});

test("an address that has ended is read again before it is used, once for all", async () => {
  const fresh = picture("https://a/2", minutes(15));
  const { addresses, seen } = addressesOf(picture("https://a/1", minutes(-1)), [fresh], ["https://a/2"]);
  await Promise.all([addresses.file(0, ""), addresses.file(0, ""), addresses.keepFresh(0)]);
  assert.deepEqual([seen.reads, seen.loads], [1, ["https://a/2", "https://a/2"]]);
});

test("an address that the storage refuses is read again, whatever the device's clock says", async () => {
  const fresh = picture("https://a/2", minutes(15));
  const { addresses, seen } = addressesOf(picture("https://a/1", minutes(60)), [fresh], ["https://a/2"]);
  await addresses.file(0, "");
  assert.deepEqual(seen.loads, ["https://a/1", "https://a/2"]);
});

test("a picture that is gone is asked for twice and then reported", async () => {
  const { addresses, seen } = addressesOf(picture("https://a/1", minutes(9)), [picture("https://a/2", minutes(9))], []);
  await assert.rejects(addresses.file(0, ""), ApiError);
  assert.deepEqual(seen.loads, ["https://a/1", "https://a/2"]);
});

test("a picture that is not shown is read again once, and not for ever", async () => {
  const { addresses, seen } = addressesOf(picture("https://a/1", minutes(9)), [], []);
  await addresses.showFailed("https://a/1");
  await addresses.showFailed("https://a/1");
  await addresses.showFailed("https://a/3");
  await addresses.showFailed("data:image/png;base64,AA");
  assert.equal(seen.reads, 1);
});

test("a data URL becomes its file without a request", async () => {
  const { addresses, seen } = addressesOf({ url: "data:image/gif;base64,R0lGOA==" }, [], []);
  const file = await addresses.file(0, "Old");
  assert.deepEqual([file.name, await file.text(), seen.loads], ["Old.gif", "GIF8", []]);
});
