import assert from "node:assert/strict";
import { test } from "node:test";
import { isCommon } from "./common_passwords.ts";

const EMAIL = "meera.rao@example.com";

for (const password of [
  "password12",
  "Password123!",
  "P@ssw0rd123",
  "passwordpassword",
  "iloveyou123",
  "welcome2026!",
  "letmein12345",
  "1234567890",
  "0987654321",
  "9876543210",
  "12345678910",
  "qwertyuiop",
  "qwerty123456",
  "1q2w3e4r5t",
  "1qaz2wsx3edc",
  "asdfghjkl;'",
  "abcdefghij",
  "aaaaaaaaaa",
  "abcabcabca",
  "jaishreeram",
  "Krishna@123",
  "sachin10dhoni7",
  "india@1947!",
  "meerarao2001",
  "Meera.Rao.99",
  "trustno1trustno1",
  "administrator1",
])
  test(`${password} is common`, () => assert.equal(isCommon(password, EMAIL), true));

for (const password of [
  "correct horse battery staple",
  "another long password",
  "tulsi-kettle-9-marigold",
  "Zq7#vT!m2Lw9",
  "नमस्ते दुनिया वालों",
  "my grandmother sold mangoes",
  "xK9 umbrella drift",
])
  test(`${password} is not common`, () => assert.equal(isCommon(password, EMAIL), false));

test("a long password is checked at once", () => {
  const began = process.cpuUsage();
  isCommon("lovelove".repeat(500) + "x", EMAIL);
  isCommon("a".repeat(3999) + "!", EMAIL);
  assert.ok(process.cpuUsage(began).user < 1_000_000); // microseconds of computing, however busy the machine
});
