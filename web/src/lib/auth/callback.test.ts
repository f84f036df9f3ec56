import assert from "node:assert/strict";
import { test } from "node:test";
import { readCallback } from "./callback.ts";

test("a code is read from the query alone", () => {
  assert.deepEqual(readCallback("?code=abc", ""), { kind: "code", code: "abc" });
  assert.deepEqual(readCallback("", "#code=abc"), { kind: "nothing" });
});

test("the token of a mail that confirms an address is read from the query alone", () => {
  assert.deepEqual(readCallback("?token_hash=abc&type=email", ""), { kind: "confirmation", tokenHash: "abc" });
  assert.deepEqual(readCallback("", "#token_hash=abc&type=email"), { kind: "nothing" });
});

test("the token of a mail for a new password is read from the query alone", () => {
  assert.deepEqual(readCallback("?token_hash=abc&type=recovery", ""), { kind: "token", tokenHash: "abc" });
  assert.deepEqual(readCallback("?token_hash=abc&type=signup", ""), { kind: "nothing" });
  assert.deepEqual(readCallback("", "#token_hash=abc&type=recovery"), { kind: "nothing" });
});

test("an error counts before a code, wherever it is, and by its narrower code", () => {
  const fragment = "#error=access_denied&error_code=otp_expired&error_description=Email+link+is+invalid";
  assert.deepEqual(readCallback("?code=abc", fragment), {
    kind: "error",
    code: "otp_expired",
    message: "Email link is invalid",
  });
  assert.deepEqual(readCallback("?error=access_denied", ""), { kind: "error", code: "access_denied", message: null });
});

test("a message says that one of two mails was answered", () => {
  assert.deepEqual(readCallback("", "#message=Confirmation+link+accepted"), { kind: "message" });
  assert.deepEqual(readCallback("", ""), { kind: "nothing" });
});

test("tokens in an address are not taken", () => {
  assert.deepEqual(readCallback("", "#access_token=a&refresh_token=b&type=signup"), { kind: "confirmed" });
});
