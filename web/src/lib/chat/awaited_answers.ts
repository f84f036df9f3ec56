import { sourcesOf } from "../sources/sources.ts";
import type { Backend } from "./backend.ts";
import { LiveAnswer, type Schedule } from "./live_answer.ts";
import type { Message, Question } from "./types.ts";
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

/** The answer in progress of a message, and those that were asked for beside it. Throws ApiError. */
export async function runningAnswers(
  backend: Pick<Backend, "revisions">,
  conversation: string,
  message: Message,
  schedule?: Schedule,
): Promise<LiveAnswer[]> {
  if (message.revision_count === 1) return [followed(message, schedule)];
  const { items } = await backend.revisions(conversation, message.id);
  // Compared answers start at the same moment.
  const others = items.filter((each) => each.id !== message.id && each.created_at === message.created_at);
  return [message, ...others].map((each) => followed(each, schedule));
}

function followed(message: Message, schedule?: Schedule): LiveAnswer {
  const { id, requested_model, content, state, finish_reason, model, usage, metadata } = message;
  const answer = new LiveAnswer(id, requested_model ?? "", content, schedule, sourcesOf(metadata));
  if (state !== "streaming") answer.end({ state, finish_reason, model, usage, notice: null });
  return answer;
}
