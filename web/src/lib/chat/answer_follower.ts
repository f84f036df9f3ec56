import { ApiError, asApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { streamAnswer, type AnswerSource, type Wakeups } from "./answer_stream.ts";
import type { Backend } from "./backend.ts";
import { streamCompared } from "./compared_stream.ts";
import type { LiveAnswer } from "./live_answer.ts";
import type { AnswerEvent } from "./types.ts";

export type StartEvent = Extract<AnswerEvent, { event: "start" }>["data"];

interface FollowerOptions {
  backend: Pick<Backend, "resume">;
  wakeups: Wakeups;
  /** Called once when all answers that were asked together start. */
  onStart: (answers: LiveAnswer[], start: StartEvent) => void;
  /** Called when an answer ends, with its `ending`. */
  onEnd: (answer: LiveAnswer) => void;
  /** The delay before the n-th reconnection, in milliseconds. */
  delay?: (attempt: number) => number;
}

/** Follows answers from their first event to their ends, through lost connections and sleep. */
export class AnswerFollower {
  /** The answers in progress. */
  readonly running = new Store<readonly LiveAnswer[]>([]);
  #options: FollowerOptions;
  #leave = new AbortController();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Aborts when no answer is followed any more. */
  get left(): AbortSignal {
    return this.#leave.signal;
  }

  /** Stops reading. The answers continue without this page. */
  leave(): void {
    this.#leave.abort();
  }

  /** Follows answers that `ask` starts, or answers in progress. Resolves at their first event. Throws ApiError for a
   *  refusal. */
  follow(answers: LiveAnswer[], ask?: AnswerSource["ask"]): Promise<void> {
    if (answers.length === 0) return Promise.resolve();
    this.running.update((running) => [...running, ...answers]);
    return new Promise<void>((resolve, reject) => {
      let began = false;
      const begin = (event: AnswerEvent) => {
        if (began || event.event !== "start") return;
        began = true;
        this.#options.onStart(answers, event.data);
        resolve();
      };
      const leaving = () => reject(new ApiError(0, {}, null)); // the page was left before the first event
      this.#read(answers, ask, begin).then(leaving, (failure: unknown) => {
        this.running.update((running) => running.filter((each) => !answers.includes(each)));
        if (!began) reject(asApiError(failure));
        else this.#broke(answers, asApiError(failure));
      });
    });
  }

  async #read(answers: LiveAnswer[], ask: AnswerSource["ask"], begin: (event: AnswerEvent) => void): Promise<void> {
    const { backend, wakeups, delay } = this.#options;
    const options = { signal: this.left, wakeups, ...(delay && { delay }) };
    const source = (id: string): AnswerSource => ({ resume: (at, signal) => backend.resume(id, at, signal) });
    const receive = (answer: LiveAnswer | null, event: AnswerEvent) => {
      begin(event);
      if (answer && (event.event === "done" || event.event === "error")) this.#ended(answer);
    };
    if (answers.length > 1)
      return streamCompared({ ...(ask && { ask }), answer: source }, answers, { ...options, onEvent: receive });
    const answer = answers[0]!;
    await streamAnswer(
      { ...source(answer.id), ...(ask && { ask }) },
      {
        ...options,
        position: () => answer.position,
        onBreak: () => answer.interrupted.set(true),
        onReconnect: () => answer.rewindReasoning(),
        onEvent: (event) => {
          answer.receive(event);
          receive(answer, event);
        },
      },
    );
  }

  #ended(answer: LiveAnswer): void {
    this.running.update((running) => running.filter((each) => each !== answer));
    this.#options.onEnd(answer);
  }

  /** The streams could not be followed to their end. The text so far stays. */
  #broke(answers: LiveAnswer[], failure: ApiError): void {
    for (const answer of answers.filter(({ ending }) => ending.value === null)) {
      const state = answer.shown.value.text ? "truncated" : "failed";
      const nothing = { model: null, usage: null, firstTokenMs: null, notice: null };
      answer.end({ ...nothing, state, finish_reason: "error", failure: failure.body });
      this.#ended(answer);
    }
  }
}
