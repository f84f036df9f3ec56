/** Solves the challenge that the API asks for while scripts begin many sessions, in ALTCHA's second protocol. It is a file
 *  of its own, which the chat loads when it needs it. */

interface Challenge {
  parameters: { nonce: string; salt: string; cost: number; keyLength: number; keyPrefix: string };
  signature: string;
}

const WORDS: Readonly<Record<string, string>> = { en: "One moment…", hi: "एक क्षण…", id: "Sebentar…" };
/** After this many milliseconds people are told. */
const PATIENCE = 1000;
/** How many keys are derived at a time: the browser does it in threads of its own. */
const TOGETHER = 16;

/** The payload that solves the challenge of this refusal; undefined where it has none. */
export async function proof(refusal: Response): Promise<string | undefined> {
  const { error } = (await refusal.json()) as { error: { challenge?: Challenge } };
  if (!error.challenge) return undefined;
  const done = announce();
  try {
    return await solved(error.challenge);
  } finally {
    done();
  }
}

/** ALTCHA's payload: the challenge, and the number from which its key is derived. */
export async function solved(challenge: Challenge): Promise<string> {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const terms = { name: "PBKDF2", hash: "SHA-256", salt: bytes(salt), iterations: cost };
  const start = bytes(nonce);

  async function derived(counter: number): Promise<string> {
    const password = new Uint8Array(start.length + 4);
    password.set(start);
    new DataView(password.buffer).setUint32(start.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    return hex(await crypto.subtle.deriveBits(terms, key, keyLength * 8));
  }

  for (let first = 0; ; first += TOGETHER) {
    const keys = await Promise.all(Array.from({ length: TOGETHER }, (_, n) => derived(first + n)));
    const found = keys.findIndex((key) => key.startsWith(keyPrefix));
    if (found >= 0)
      return btoa(JSON.stringify({ challenge, solution: { counter: first + found, derivedKey: keys[found] } }));
  }
}

/** Tells screen readers that it takes longer, once it does; returns what ends that. */
function announce(): () => void {
  const status = document.createElement("p");
  status.className = "unseen";
  status.role = "status";
  document.body.append(status);
  const timer = setTimeout(
    () => (status.textContent = WORDS[document.documentElement.lang] ?? WORDS.en ?? ""),
    PATIENCE,
  );
  return () => {
    clearTimeout(timer);
    status.remove();
  };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (each) => parseInt(each, 16));
}

function hex(buffer: ArrayBuffer): string {
  return Array.from(new Uint8Array(buffer), (each) => each.toString(16).padStart(2, "0")).join("");
}
