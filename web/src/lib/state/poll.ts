/** The delays between requests in milliseconds. The first ones are short, because small archives are quick. */
const FIRST_MS = 1_000;
const LONGEST_MS = 5_000;

export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** Reads a job until `ended` returns true, with growing delays, and passes every state to `show`. Rejects with what
 *  `read` throws, and resolves once `signal` aborts. */
export async function poll<T>(
  read: () => Promise<T>,
  ended: (job: T) => boolean,
  show: (job: T) => void,
  signal: AbortSignal,
  wait: Wait = sleep,
): Promise<void> {
  for (let pause = FIRST_MS; !signal.aborted; pause = Math.min(pause * 1.5, LONGEST_MS)) {
    const job = await read();
    if (signal.aborted) return;
    show(job);
    if (ended(job)) return;
    await wait(pause, signal);
  }
}

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
