import { ApiError, errorOf } from "../api/errors.ts";
import { readServerEvents, type ServerEvent } from "./server_events.ts";
import type { AnswerEvent } from "./types.ts";

/** The server is never silent for more than fifteen seconds. After this many milliseconds the connection is dead, as
 *  after a sleep. */
export const SILENCE_MS = 35_000;
/** How often a question is sent again if the network fails before its first event. */
export const ATTEMPTS_TO_SEND = 4;

export interface Wakeups {
  /** Calls back when the network returns or the page becomes visible. Returns a function that unsubscribes. */
  listen(wake: () => void): () => void;
}

export interface AnswerSource {
  /** Sends the question. Idempotent by its id. */
  ask?: (signal: AbortSignal) => Promise<Response>;
  /** The stream after `position` code points of text. */
  resume: (position: number, signal: AbortSignal) => Promise<Response>;
}

export interface StreamOptions {
  /** The number of code points already received. */
  position: () => number;
  onEvent: (event: AnswerEvent) => void;
  /** Called when the connection is lost, before another attempt. */
  onBreak?: () => void;
  /** Called before each attempt except the first. */
  onReconnect?: () => void;
  signal: AbortSignal;
  wakeups: Wakeups;
  /** The delay before the n-th attempt, in milliseconds. */
  delay?: (attempt: number) => number;
  silence?: number;
}

/** Half a second, doubled each time up to fifteen seconds, minus up to a fifth, so that many pages do not return at
 *  once. */
export function backoff(attempt: number): number {
  return Math.min(15_000, 500 * 2 ** attempt) * (1 - Math.random() / 5);
}

/** Streams an answer to its end, through lost connections and sleep. Throws ApiError for a refusal, and if nothing
 *  arrives after several attempts. Resolves early when `signal` aborts. */
export async function streamAnswer(source: AnswerSource, options: StreamOptions): Promise<void> {
  const { onEvent, signal, delay = backoff } = options;
  let began = source.ask === undefined;
  let attempt = 0;
  while (!signal.aborted) {
    const before = options.position();
    try {
      const open = began || !source.ask ? (line: AbortSignal) => source.resume(options.position(), line) : source.ask;
      for await (const event of connect(open, options)) {
        began = true;
        const end = event.event === "done" || event.event === "error";
        if (event.event === "error" && event.data.state === "streaming") break; // this stream ended, not the answer
        onEvent(event);
        if (end) return;
      }
    } catch (failure) {
      if (signal.aborted) return;
      if (failure instanceof ApiError && !isTransient(failure, began)) throw failure;
    }
    attempt = options.position() > before ? 0 : attempt + 1;
    if (!began && attempt >= ATTEMPTS_TO_SEND) throw new ApiError(0, {}, null);
    options.onBreak?.();
    await pause(delay(attempt - 1), options);
    if (!signal.aborted) options.onReconnect?.();
  }
}

/** Whether another attempt can succeed. A refused question is not sent again automatically. */
function isTransient({ status }: ApiError, began: boolean): boolean {
  return status === 0 || (began && (status === 429 || status >= 500));
}

/** The events of one connection, until it ends or is silent for too long. Throws ApiError for a refusal. */
export async function* connect(
  open: (line: AbortSignal) => Promise<Response>,
  { signal, wakeups, silence = SILENCE_MS }: Pick<StreamOptions, "signal" | "wakeups" | "silence">,
): AsyncGenerator<AnswerEvent> {
  const line = new AbortController();
  const drop = () => line.abort();
  signal.addEventListener("abort", drop, { once: true });
  let heard = Date.now();
  let received = performance.now();
  const onBytes = () => {
    heard = Date.now();
    received = performance.now();
  };
  // One timer checks for silence: a timer for each piece costs more than reading the piece.
  let timer = setTimeout(function look() {
    const rest = received + silence - performance.now();
    if (rest <= 0) drop();
    else timer = setTimeout(look, rest);
  }, silence);
  // After a sleep the timer has not run, and nothing reports that the connection is dead.
  const unlisten = wakeups.listen(() => Date.now() - heard > silence / 2 && drop());
  try {
    const response = await open(line.signal);
    if (!response.ok || !response.body) throw await errorOf(response);
    for await (const event of readServerEvents(response.body, onBytes)) {
      const parsed = parse(event);
      if (parsed) yield parsed;
    }
  } finally {
    clearTimeout(timer);
    unlisten();
    signal.removeEventListener("abort", drop);
    line.abort();
  }
}

function parse({ event, id, data }: ServerEvent): AnswerEvent | null {
  const parsed = JSON.parse(data);
  // Compared answers share a connection: the id is `message_id:number`.
  if (event === "delta") return { event, data: parsed, position: Number(id?.slice(id.indexOf(":") + 1)) };
  return isKnown(event) ? { event, data: parsed } : null;
}

/** Ignores events of later API versions. */
function isKnown(event: string): event is Exclude<AnswerEvent["event"], "delta"> {
  return ["start", "sources", "reasoning", "done", "error"].includes(event);
}

/** Resolves after this many milliseconds, or earlier when `signal` aborts or the network may have returned. */
export function pause(
  milliseconds: number,
  { signal, wakeups }: Pick<StreamOptions, "signal" | "wakeups">,
): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unlisten();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const unlisten = wakeups.listen(end);
    signal.addEventListener("abort", end, { once: true });
  });
}
