import assert from "node:assert/strict";
import { test } from "node:test";
import type { LedgerProof, LedgerRoot } from "./backend.ts";
import { NO_HASH, sha256 } from "./ledger.ts";
import { checkProof, checkRoots, endOfPath, isSigned, textOfRoot } from "./proof.ts";

const WORKSPACE = "7d1f0d3e-60a5-4a07-8f1c-64a2f0b2c9d1";
const END = "ab".repeat(32);
const hex = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("hex");

/** Signs roots with one key. */
async function signer(): Promise<(root: Partial<LedgerRoot>) => Promise<LedgerRoot>> {
  const keys = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const public_key = hex(await crypto.subtle.exportKey("raw", keys.publicKey));
  return async (given) => {
    const at = "2026-11-28T00:02:03.123456Z";
    const fields = { number: 1, day: "2026-11-28", at, root: NO_HASH, previous_hash: NO_HASH, signature: "" };
    const root = { ...fields, ...given, public_key };
    const text = new TextEncoder().encode(textOfRoot(root));
    return { ...root, signature: hex(await crypto.subtle.sign("Ed25519", keys.privateKey, text)) };
  };
}

async function proofOf(): Promise<LedgerProof> {
  const path: LedgerProof["path"] = [
    { side: "left", hash: "cd".repeat(32) },
    { side: "right", hash: "ef".repeat(32) },
  ];
  const proof = { workspace_id: WORKSPACE, entries: 4, hash: END, path, root: {} as LedgerRoot };
  return { ...proof, root: await (await signer())({ root: await endOfPath(proof) }) };
}

test("the text of a root has the bytes that docs/ledger.md shows", async () => {
  const root = "78ac17b5025ad9e2d9dbfa02543fcda4ce92632d897c2df6847bb18727e1da9b";
  const text = textOfRoot(await (await signer())({ root }));
  assert.equal(text, `1|root|1|2026-11-28|1795824123123456|${root}|${NO_HASH}`);
});

test("a path ends with the hash of its nodes, each half in its place", async () => {
  const proof = await proofOf();
  const leaf = await sha256(`1|leaf|${WORKSPACE}|4|${END}`);
  const node = await sha256(`1|node|${"cd".repeat(32)}|${leaf}`);
  assert.equal(await endOfPath(proof), await sha256(`1|node|${node}|${"ef".repeat(32)}`));
  assert.equal(await endOfPath({ ...proof, path: [] }), leaf);
});

test("a proof holds for its chain, its path and its signature alone", async () => {
  const proof = await proofOf();
  const other = await (await signer())({ root: proof.root.root });
  const later = { ...proof.root, at: "2026-11-28T00:02:03.123457Z" };
  const [beside, ...rest] = proof.path;
  assert.equal(await checkProof(proof, END), null);
  assert.equal(await checkProof(proof, null), "chain");
  assert.equal(await checkProof(proof, "cd".repeat(32)), "chain");
  assert.equal(await checkProof({ ...proof, entries: 5 }, END), "path");
  assert.equal(await checkProof({ ...proof, path: [{ ...beside!, side: "right" }, ...rest] }, END), "path");
  assert.equal(await checkProof({ ...proof, root: later }, END), "signature");
  assert.equal(await checkProof({ ...proof, root: { ...other, public_key: proof.root.public_key } }, END), "signature");
  assert.equal(await isSigned({ ...proof.root, public_key: "00" }), false);
});

test("roots that were changed or left out are named", async () => {
  const sign = await signer();
  const first = await sign({});
  const second = await sign({ number: 2, previous_hash: await sha256(textOfRoot(first)) });
  const third = await sign({ number: 3, previous_hash: await sha256(textOfRoot(second)) });
  const faults = async (roots: LedgerRoot[], last = true) => [...(await checkRoots(roots, last))];
  assert.deepEqual(await faults([third, second, first]), []);
  assert.deepEqual(await faults([third, second], false), []);
  assert.deepEqual(await faults([third, second]), [[2, "previous_hash"]]);
  assert.deepEqual(await faults([third, first]), [[3, "previous_hash"]]);
  const changed = { ...second, root: END };
  assert.deepEqual(await faults([third, changed, first]), [
    [3, "previous_hash"],
    [2, "signature"],
  ]);
});
