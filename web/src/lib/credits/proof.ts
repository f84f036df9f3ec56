import type { LedgerProof, LedgerRoot } from "./backend.ts";
import { microseconds, NO_HASH, sha256 } from "./ledger.ts";

const VERSION = 1;

/** What does not hold: the chain has another entry under the root, the path leads elsewhere, or the signature is false. */
export type ProofFault = "chain" | "path" | "signature";

/** Whether a root does not follow the one before, or has a false signature. */
export type RootFault = "previous_hash" | "signature";

/** The text of a root that is signed, as docs/ledger.md fixes it. */
export function textOfRoot({ number, day, at, root, previous_hash }: LedgerRoot): string {
  return [VERSION, "root", number, day, microseconds(at), root, previous_hash].join("|");
}

/** The hash at the end of a proof's path, which is the root if the proof holds. */
export async function endOfPath({ workspace_id, entries, hash, path }: LedgerProof): Promise<string> {
  let found = await sha256([VERSION, "leaf", workspace_id.toLowerCase(), entries, hash].join("|"));
  for (const { side, hash: beside } of path) {
    const halves = side === "left" ? [beside, found] : [found, beside];
    found = await sha256([VERSION, "node", ...halves].join("|"));
  }
  return found;
}

/** Checks that a chain is under a root. `hash` is that of the chain's entry with the number `proof.entries`. */
export async function checkProof(proof: LedgerProof, hash: string | null): Promise<ProofFault | null> {
  if (hash !== proof.hash) return "chain";
  if ((await endOfPath(proof)) !== proof.root.root) return "path";
  return (await isSigned(proof.root)) === false ? "signature" : null;
}

/** Checks roots, newest first: each is signed and has the hash of the one after it in the list. `last`: whether the list ends
 *  with the first root of all. Returns what does not hold, by number. */
export async function checkRoots(roots: readonly LedgerRoot[], last: boolean): Promise<Map<number, RootFault>> {
  const faults = new Map<number, RootFault>();
  for (const [at, root] of roots.entries()) {
    const before = roots[at + 1];
    const previous = before ? await sha256(textOfRoot(before)) : last ? NO_HASH : root.previous_hash;
    if (root.previous_hash !== previous) faults.set(root.number, "previous_hash");
    else if ((await isSigned(root)) === false) faults.set(root.number, "signature");
  }
  return faults;
}

/** Whether the signature of a root is one of its key; null if the browser cannot compute it. */
export async function isSigned(root: LedgerRoot): Promise<boolean | null> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", bytesOf(root.public_key), "Ed25519", false, ["verify"]);
  } catch (problem) {
    // A key of another length is a DataError.
    return problem instanceof DOMException && problem.name === "NotSupportedError" ? null : false;
  }
  const text = new TextEncoder().encode(textOfRoot(root));
  return crypto.subtle.verify("Ed25519", key, bytesOf(root.signature), text);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
