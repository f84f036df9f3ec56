import { frames } from "../state/frames.ts";
import { sameSources, type Source } from "../sources/sources.ts";
import { Store } from "../state/store.ts";
import type { AnswerEvent, ErrorBody, Message } from "./types.ts";

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
  notice: string | null;
  failure?: Partial<ErrorBody>;
  requestId?: string;
}

/** Calls back before the next frame is drawn; in a hidden page, which draws none, a quarter of a second later. */
export type Schedule = (callback: () => void) => void;

const nextFrame: Schedule = (callback) => {
  if (typeof document === "undefined" || document.hidden) setTimeout(callback, 250);
  else frames.before(callback);
};

/** An answer that is being written: what arrives is collected, and shown once per frame. */
export class LiveAnswer {
  readonly id: string;
  readonly model: string;
  readonly shown: Store<LiveText>;
  /** Whether the connection is gone at the moment; the answer goes on when it is back. */
  readonly interrupted = new Store(false);
  /** What it is written from and cites; empty where it is about no documents and cites nothing. */
  readonly sources: Store<readonly Source[]>;
  /** Null while it is being written. */
  readonly ending = new Store<Ending | null>(null);
  /** Code points of the text that have arrived: where the stream goes on after a break. */
  position: number;
  #text: string;
  #reasoning = "";
  #reasoningAtPosition = 0;
  #scheduled = false;
  #schedule: Schedule;

  constructor(id: string, model: string, text = "", schedule: Schedule = nextFrame, sources: readonly Source[] = []) {
    this.id = id;
    this.model = model;
    this.#text = text;
    this.position = codePoints(text);
    this.shown = new Store({ text, reasoning: "" });
    this.sources = new Store(sources);
    this.#schedule = schedule;
  }

  /** Takes the answer's events, its last one included. */
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

  /** A stream that goes on after a break names the same sources again, and an answer that cites more names them all. */
  #name(sources: readonly Source[]): void {
    if (!sameSources(this.sources.value, sources)) this.sources.set(sources);
  }

  end(ending: Ending): void {
    this.flush();
    this.ending.set(ending);
  }

  /** A stream that goes on from `position` repeats the reasoning that came after it. */
  rewindReasoning(): void {
    this.#reasoning = this.#reasoning.slice(0, this.#reasoningAtPosition);
  }

  /** Shows all that has arrived now. */
  flush(): void {
    const { text, reasoning } = this.shown.value;
    if (text !== this.#text || reasoning !== this.#reasoning)
      this.shown.set({ text: this.#text, reasoning: this.#reasoning });
  }
}

/** A message as the page shows it. */
export interface ShownMessage extends Message {
  /** Stays the same when a message that was sent here gets its id from the API, so that nothing is drawn anew. */
  key: string;
  /** The answer while it is being written. */
  live?: LiveAnswer | undefined;
  /** Answers of several models to one question, side by side, until one of them is chosen. The first is this message. */
  compared?: LiveAnswer[] | undefined;
  /** What the model thought aloud, as this page heard it; the API does not keep it. */
  reasoning?: string;
  /** Why there is no answer, or only a part of one. */
  failure?: Partial<ErrorBody>;
  requestId?: string;
  /** A sentence of the API about an answer that has no text. */
  notice?: string | null;
}

function endingOf(event: Extract<AnswerEvent, { event: "done" | "error" }>): Ending {
  if (event.event === "done") {
    const { state, finish_reason, model, usage, notice } = event.data;
    return { state, finish_reason, model, usage, notice };
  }
  const { state, error, request_id } = event.data;
  const ended = state === "truncated" ? "truncated" : "failed";
  const nothing = { finish_reason: "error", model: null, usage: null, notice: null };
  return { ...nothing, state: ended, failure: error, requestId: request_id };
}

/** The length in code points, as the API counts. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) count--;
  }
  return count;
}
