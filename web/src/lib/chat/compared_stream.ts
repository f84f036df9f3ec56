import {
  ATTEMPTS_TO_SEND,
  backoff,
  connect,
  pause,
  streamAnswer,
  type AnswerSource,
  type StreamOptions,
} from "./answer_stream.ts";
import { ApiError } from "../api/errors.ts";
import type { LiveAnswer } from "./live_answer.ts";
import type { AnswerEvent } from "./types.ts";

export interface ComparedSource {
  /** Sends the question to all models; absent if the answers are in progress already. */
  ask?: (signal: AbortSignal) => Promise<Response>;
  /** The stream of a single answer. */
  answer: (messageId: string) => AnswerSource;
}

export interface ComparedOptions extends Pick<StreamOptions, "signal" | "wakeups" | "delay"> {
  /** `answer` is null for an event that concerns all of them: the first `start`. */
  onEvent: (answer: LiveAnswer | null, event: AnswerEvent) => void;
}

/** Streams several answers to their end: first all on one connection, and after a break each on its own. Throws
 *  ApiError for a refusal. */
export async function streamCompared(
  source: ComparedSource,
  answers: LiveAnswer[],
  options: ComparedOptions,
): Promise<void> {
  const unfinished = new Map(answers.map((answer) => [answer.id, answer]));
  const receive = (answer: LiveAnswer | null, event: AnswerEvent) => {
    answer?.receive(event);
    if (answer && (event.event === "done" || event.event === "error")) unfinished.delete(answer.id);
    options.onEvent(answer, event);
  };
  if (source.ask) await readTogether(source.ask, unfinished, receive, options);
  await Promise.all(
    [...unfinished.values()].map((answer) => {
      answer.rewindReasoning();
      return streamAnswer(source.answer(answer.id), {
        ...options,
        position: () => answer.position,
        onBreak: () => answer.interrupted.set(true),
        onReconnect: () => answer.rewindReasoning(),
        onEvent: (event) => receive(answer, event),
      });
    }),
  );
}

async function readTogether(
  ask: NonNullable<ComparedSource["ask"]>,
  unfinished: Map<string, LiveAnswer>,
  receive: (answer: LiveAnswer | null, event: AnswerEvent) => void,
  options: ComparedOptions,
): Promise<void> {
  let began = false;
  for (let attempt = 0; !began && !options.signal.aborted; attempt++) {
    // Without an event the question may not have arrived. Its id makes it the same question when it is sent again.
    if (attempt === ATTEMPTS_TO_SEND) throw new ApiError(0, {}, null);
    if (attempt > 0) await pause((options.delay ?? backoff)(attempt - 1), options);
    try {
      for await (const event of connect(ask, options)) {
        began = true;
        if (event.event === "start") receive(null, event);
        else if (event.event !== "error" || event.data.state !== "streaming") {
          const { message_id } = event.data as { message_id?: string };
          const answer = unfinished.get(message_id ?? "");
          if (answer) receive(answer, event);
        }
      }
    } catch (failure) {
      // Without a status only the connection broke.
      if (failure instanceof ApiError && failure.status !== 0) throw failure;
    }
  }
}
