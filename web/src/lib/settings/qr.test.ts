import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { qrCode } from "./qr.ts";

const ADDRESS =
  "otpauth://totp/OneAI:meera%40example.com?algorithm=SHA1&digits=6&issuer=OneAI&period=30&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

/** Text, modules in a row, and the hash of the modules as `qrcode` 8.2 for Python draws them with the same mask. */
const DRAWN = [
  ["a", 21, "e8ab680854e4019c"],
  [ADDRESS, 49, "201e48cb0965425e"],
  ["नमस्ते दुनिया", 29, "d689cb3015e6de76"],
  ["x".repeat(213), 57, "f8a692e420006d88"],
  ["y".repeat(214), 61, "8b3550731d07f24b"],
  ["z".repeat(666), 97, "3277924470eaca2f"],
] as const;

for (const [text, size, hash] of DRAWN)
  test(`${text.slice(0, 20)} of ${text.length} signs has the modules of another encoder`, () => {
    const modules = qrCode(text);

    assert.equal(modules.length, size);
    const rows = modules.map((row) => row.map(Number).join("")).join("\n");
    assert.equal(createHash("sha256").update(rows).digest("hex").slice(0, 16), hash);
  });

test("text that fits no version is refused", () => {
  assert.throws(() => qrCode("z".repeat(667)), RangeError);
});
