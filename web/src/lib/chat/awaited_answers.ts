import { sourcesOf } from "../sources/sources.ts";
import { LiveAnswer, type Schedule } from "./live_answer.ts";
import type { ReadMessage } from "./thread.ts";
import type { ErrorBody, Message, MessagePage, Question } from "./types.ts";
import { comparedIds } from "./uuid.ts";

/** The answers to expect for a question, one for each model. The first has the id `messageId`.
 *
 *  @param model the model if the question names none
 */
export async function answersTo(
  question: Question,
  messageId: string,
  model: string,
  schedule?: Schedule,
): Promise<LiveAnswer[]> {
  const models = question.compare ?? [question.model ?? model];
  const ids = await comparedIds(messageId, models.length);
  return ids.map((id, n) => new LiveAnswer(id, models[n] ?? "", "", schedule));
}

/** The messages of a page. The last message of the conversation has the answers that were asked together with it,
 *  until the user chooses one of them. */
export function withCompared({ items, compared }: MessagePage, schedule?: Schedule): ReadMessage[] {
  const last = items.at(-1);
  if (!last || compared.length === 0) return items;
  const answers = [last, ...compared].sort((one, other) => one.revision_number - other.revision_number);
  return [...items.slice(0, -1), { ...last, compared: answers.map((each) => answerOf(each, schedule)) }];
}

/** An answer as it was read. If it is in progress, its stream continues after the text so far. */
export function answerOf(message: Message, schedule?: Schedule): LiveAnswer {
  const { id, requested_model, content, state, finish_reason, model, usage, metadata, reasoning } = message;
  const name = requested_model ?? model ?? "";
  const answer = new LiveAnswer(id, name, content, schedule, sourcesOf(metadata), reasoning);
  answer.feedback.set(message.feedback);
  const failure = message.error_code ? { failure: { code: message.error_code as ErrorBody["code"] } } : {};
  if (state !== "streaming")
    answer.end({ state, finish_reason, model, usage, firstTokenMs: message.first_token_ms, notice: null, ...failure });
  return answer;
}
