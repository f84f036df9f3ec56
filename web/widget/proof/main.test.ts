import assert from "node:assert/strict";
import { test } from "node:test";
import { proof, solved } from "./main.ts";

// Made by ALTCHA's library for Python.
const CHALLENGE = {
  parameters: {
    algorithm: "PBKDF2/SHA-256",
    cost: 3,
    keyLength: 32,
    keyPrefix: "b74add8004cc71079f076cfcb1a2ba32",
    nonce: "e2508f49bb619e8122bb1d95097d5f29",
    salt: "3b52d0d6b3c4ed63ae7929b76f0e2269",
  },
  signature: "261ebffd82564ea882220d6660101a2037181b1f936e8270d7c4db2108a06b69",
};
const SOLUTION = {
  counter: 21,
  derivedKey: "b74add8004cc71079f076cfcb1a2ba32a3c8c9e4d53ada41d39a069392432243",
};

test("a challenge of the library is solved, and another refusal has none", async () => {
  const payload = JSON.parse(atob(await solved(CHALLENGE)));
  assert.deepEqual(payload, { challenge: CHALLENGE, solution: SOLUTION });
  assert.equal(await proof(Response.json({ error: { code: "forbidden" } })), undefined);
});
