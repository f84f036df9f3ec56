import { asApiError } from "../api/errors.ts";
import type { LedgerEntry } from "./backend.ts";

/** Why an entry does not hold: its place, its link to the entry before, its own hash, or that its movement is not zero. */
export type Fault = "number" | "workspace" | "previous_hash" | "hash" | "movement";

export type Verification =
  | { state: "idle" }
  | { state: "reading"; checked: number }
  | { state: "stopped" }
  /** `credits` and `owed` are the sums of the workspace's accounts, in micro-dollars; `marked` is the hash of the entry that was
   *  asked for. */
  | { state: "holds"; checked: number; hash: string; credits: number; owed: number; marked: string | null }
  | { state: "broken"; checked: number; number: number; fault: Fault };

interface ChainPage {
  items: LedgerEntry[];
  next_cursor: string | null;
}

export const NO_HASH = "0".repeat(64);
const VERSION = 1;
/** Microseconds in a second. */
const SECOND = 1_000_000n;
/** How often a refused page is read again, and the pause in seconds if the API names none. */
const TRIES = 5;
const PAUSE = 2;

/** The text whose SHA-256 is the hash of an entry, as docs/ledger.md fixes it. */
export function textOf(entry: LedgerEntry, previous: string): string {
  const { number, workspace_id, account, amount_micro_usd, cause, at } = entry;
  const id = workspace_id.toLowerCase();
  return [VERSION, number, id, account, amount_micro_usd, cause, microseconds(at), previous].join("|");
}

/** Microseconds since 1970 of a time in ISO 8601 with up to six decimals. A `Date` has three. */
export function microseconds(iso: string): bigint {
  const [, whole, fraction = "", zone] = /^(.*?)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)$/.exec(iso) ?? [];
  return BigInt(Date.parse(`${whole}${zone}`) / 1000) * SECOND + BigInt(fraction.padEnd(6, "0"));
}

/** Computes the SHA-256 of a text, in lower-case hexadecimal. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads the whole chain of a workspace and computes every hash again. Reports each page, and ends with `holds`, or with
 *  the first entry that does not hold. `mark`: the number of an entry whose hash it returns. Throws ApiError if a page cannot be read. */
export async function* verifyChain(
  read: (cursor: string | null) => Promise<ChainPage>,
  wait: (seconds: number) => Promise<void> = sleep,
  mark?: number,
): AsyncGenerator<Verification, void, void> {
  const chain = new Chain();
  let marked: string | null = null;
  let cursor: string | null = null;
  do {
    const page: ChainPage = await patiently(() => read(cursor), wait);
    for (const entry of page.items) {
      const fault = await chain.add(entry);
      if (fault) return yield { state: "broken", checked: chain.checked, ...fault };
      if (entry.number === mark) marked = entry.hash;
    }
    cursor = page.next_cursor;
    yield { state: "reading", checked: chain.checked };
  } while (cursor !== null);
  const open = chain.end();
  yield open
    ? { state: "broken", checked: chain.checked, ...open }
    : { state: "holds", checked: chain.checked, hash: chain.hash, credits: chain.credits, owed: chain.owed, marked };
}

/** The entries up to one, and what the next has to follow. */
class Chain {
  checked = 0;
  hash = NO_HASH;
  credits = 0;
  owed = 0;
  #workspace: string | null = null;
  /** The movement of the last entry, its first entry, and the sum of its entries so far. */
  #movement: { id: string; number: number; sum: number } | null = null;

  /** Adds the next entry, or says what does not hold. */
  async add(entry: LedgerEntry): Promise<{ number: number; fault: Fault } | null> {
    const { number, movement_id, amount_micro_usd, account } = entry;
    if (number !== this.checked + 1) return { number: this.checked + 1, fault: "number" };
    this.#workspace ??= entry.workspace_id;
    if (entry.workspace_id !== this.#workspace) return { number, fault: "workspace" };
    if (entry.previous_hash !== this.hash) return { number, fault: "previous_hash" };
    if ((await sha256(textOf(entry, this.hash))) !== entry.hash) return { number, fault: "hash" };
    if (this.#movement?.id !== movement_id) {
      const unbalanced = this.end();
      if (unbalanced) return unbalanced;
      this.#movement = { id: movement_id, number, sum: 0 };
    }
    this.#movement.sum += amount_micro_usd;
    if (account === "paid" || account === "promotional") this.credits += amount_micro_usd;
    if (account === "owed") this.owed -= amount_micro_usd;
    this.checked = number;
    this.hash = entry.hash;
    return null;
  }

  /** The last movement, if its entries do not sum to zero. */
  end(): { number: number; fault: Fault } | null {
    return this.#movement && this.#movement.sum !== 0 ? { number: this.#movement.number, fault: "movement" } : null;
  }
}

/** Repeats what the API refuses because it is busy, or for too many requests. */
async function patiently<T>(read: () => Promise<T>, wait: (seconds: number) => Promise<void>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (problem) {
      const failure = asApiError(problem);
      if (tries === TRIES || !(failure.status === 429 || failure.status >= 502)) throw failure;
      await wait(failure.retryAfter ?? PAUSE);
    }
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
