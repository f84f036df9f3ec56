import { frames } from "../state/frames.ts";
import { sameSources, type Source } from "../sources/sources.ts";
import { Store } from "../state/store.ts";
import type { AnswerEvent, ErrorBody, Message, Thoughts } from "./types.ts";

export interface LiveText {
  text: string;
  reasoning: string;
}

/** How an answer ended. */
export interface Ending {
  state: "complete" | "stopped" | "truncated" | "failed";
  finish_reason: string | null;
  model: string | null;
  usage: Message["usage"];
  firstTokenMs: number | null;
  notice: string | null;
  failure?: Partial<ErrorBody>;
  requestId?: string;
}

/** Calls back before the next frame is drawn. A hidden page draws none, so there it takes a quarter of a second. */
export type Schedule = (callback: () => void) => void;

const nextFrame: Schedule = (callback) => {
  if (typeof document === "undefined" || document.hidden) setTimeout(callback, 250);
  else frames.before(callback);
};

/** An answer in progress. It collects the text and shows it once per frame. */
export class LiveAnswer {
  readonly id: string;
  readonly model: string;
  readonly shown: Store<LiveText>;
  /** Whether the connection is lost. The answer continues when it is back. */
  readonly interrupted = new Store(false);
  /** The sources that it uses and cites; empty without documents and citations. */
  readonly sources: Store<readonly Source[]>;
  /** The user's rating of it, in a comparison. */
  readonly feedback = new Store<Message["feedback"]>(null);
  /** Null while it is in progress. */
  readonly ending = new Store<Ending | null>(null);
  /** The stored thoughts of an answer that had ended when the page read it. Long ones are read when they are opened. */
  readonly thoughts: Thoughts | null;
  /** The number of code points received: where the stream continues after a break. */
  position: number;
  #text: string;
  #reasoning = "";
  #reasoningAtPosition = 0;
  #scheduled = false;
  #schedule: Schedule;

  /** @param thoughts those before the end of `text` */
  constructor(
    id: string,
    model: string,
    text = "",
    schedule: Schedule = nextFrame,
    sources: readonly Source[] = [],
    thoughts: Thoughts | null = null,
  ) {
    this.id = id;
    this.model = model;
    this.#text = text;
    this.#reasoning = thoughts?.text ?? "";
    this.#reasoningAtPosition = this.#reasoning.length;
    this.thoughts = thoughts;
    this.position = codePoints(text);
    this.shown = new Store({ text, reasoning: this.#reasoning });
    this.sources = new Store(sources);
    this.#schedule = schedule;
  }

  /** Takes the answer's events, including the last one. */
  receive(event: AnswerEvent): void {
    this.interrupted.set(false);
    if (event.event === "done" || event.event === "error") this.end(endingOf(event));
    else if (event.event === "delta") {
      this.#text += event.data.text;
      this.position = event.position;
      this.#reasoningAtPosition = this.#reasoning.length;
    } else if (event.event === "reasoning") this.#reasoning += event.data.text;
    else if (event.event === "sources") return this.#name(event.data.sources);
    else return;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      this.flush();
    });
  }

  /** After a break the stream names the same sources again, and an answer that cites more sources names all of them. */
  #name(sources: readonly Source[]): void {
    if (!sameSources(this.sources.value, sources)) this.sources.set(sources);
  }

  end(ending: Ending): void {
    this.flush();
    this.ending.set(ending);
  }

  /** A stream that continues from `position` repeats the reasoning after it. */
  rewindReasoning(): void {
    this.#reasoning = this.#reasoning.slice(0, this.#reasoningAtPosition);
  }

  /** Shows everything received so far. */
  flush(): void {
    const { text, reasoning } = this.shown.value;
    if (text !== this.#text || reasoning !== this.#reasoning)
      this.shown.set({ text: this.#text, reasoning: this.#reasoning });
  }
}

/** A message as the page shows it. */
export interface ShownMessage extends Message {
  /** Stays the same when a sent message gets its id from the API, so that it is not redrawn. */
  key: string;
  /** The answer in progress. */
  live?: LiveAnswer | undefined;
  /** Answers to one question, side by side, until the user chooses one. The first is this message. */
  compared?: LiveAnswer[] | undefined;
  /** They are versions that the user put side by side, and not answers that were asked together. */
  comparesVersions?: boolean;
  /** Why the answer is missing or incomplete. */
  failure?: Partial<ErrorBody>;
  requestId?: string;
  /** The API's message about an answer without text. */
  notice?: string | null;
}

function endingOf(event: Extract<AnswerEvent, { event: "done" | "error" }>): Ending {
  if (event.event === "done") {
    const { state, finish_reason, model, usage, first_token_ms, notice } = event.data;
    return { state, finish_reason, model, usage, firstTokenMs: first_token_ms, notice };
  }
  const { state, error, request_id } = event.data;
  const ended = state === "truncated" ? "truncated" : "failed";
  const nothing = { finish_reason: "error", model: null, usage: null, firstTokenMs: null, notice: null };
  return { ...nothing, state: ended, failure: error, requestId: request_id };
}

/** The length in code points, as the API counts it. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}
