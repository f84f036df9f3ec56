import assert from "node:assert/strict";
import { test } from "node:test";
import { browserProblem, passkeyNameProblem } from "./passkey_problems.ts";

const PROBLEMS = [
  ["NotAllowedError", "passkey_cancelled", "passkey_not_added"],
  ["AbortError", "passkey_cancelled", "passkey_not_added"],
  ["InvalidStateError", "passkey_cancelled", "passkey_exists"],
  ["SecurityError", "passkey_wrong_address", "passkey_wrong_address"],
  ["NotSupportedError", "passkey_unsupported", "passkey_unsupported"],
  ["ConstraintError", "passkey_unsupported", "passkey_unsupported"],
  ["OperationError", "passkey_pending", "passkey_pending"],
  ["NotReadableError", "passkey_failed", "passkey_failed"],
] as const;

for (const [name, signingIn, adding] of PROBLEMS)
  test(`a ${name} of the browser says what to do`, () => {
    const failure = new Error("in the client's words", { cause: new DOMException("", name) });
    assert.equal(browserProblem("sign_in", failure), signingIn);
    assert.equal(browserProblem("add", failure), adding);
  });

test("a name of a passkey has at most 120 bytes", () => {
  assert.equal(passkeyNameProblem("x".repeat(120)), null);
  assert.equal(passkeyNameProblem("x".repeat(121)), "long");
  assert.equal(passkeyNameProblem("क".repeat(40)), null);
  assert.equal(passkeyNameProblem("क".repeat(41)), "long");
  assert.equal(passkeyNameProblem(""), "missing");
});
