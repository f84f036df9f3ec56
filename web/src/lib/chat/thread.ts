import { askedBy } from "./asked_documents.ts";
import { codePoints, type LiveAnswer, type ShownMessage } from "./live_answer.ts";
import type { Message, MessagePage, Question, Thoughts } from "./types.ts";

type Thread = readonly ShownMessage[];

/** A message of the API, with the answers that are shown beside it. */
export type ReadMessage = Message & { compared?: LiveAnswer[] };

/** A message of the API for the page. */
export function shown(message: ReadMessage): ShownMessage {
  return { ...message, key: message.id };
}

/** The newest messages, merged after those loaded before. The earlier ones belong to the same branch only if the first
 *  new message follows them. Keys, live text and failures of the same messages stay. */
export function mergeNewest(thread: Thread, newest: ReadMessage[]): { thread: Thread; connects: boolean } {
  const known = new Map(thread.map((message) => [message.id, message]));
  const fresh = newest.map((message) => keep(known.get(message.id), message));
  const first = newest[0];
  if (!first) return { thread: [], connects: true };
  const parent = thread.findIndex((message) => message.id === first.parent_message_id);
  const connects = parent >= 0 || first.parent_message_id === null;
  return { thread: parent >= 0 ? [...thread.slice(0, parent + 1), ...fresh] : fresh, connects };
}

/** Whether a page of the newest messages has the answer that the page follows. One that was read before the API had the
 *  question has not. */
export function knowsLive(thread: Thread, { items, compared }: MessagePage): boolean {
  const known = new Set([...items, ...compared].map(({ id }) => id));
  return thread.every(({ id, live }) => !live || known.has(id));
}

/** Adds older messages before the thread, without duplicates. */
export function prepend(thread: Thread, older: ReadMessage[]): Thread {
  const known = new Set(thread.map((message) => message.id));
  return [...older.filter((message) => !known.has(message.id)).map(shown), ...thread];
}

/** Adds later messages after the thread, without duplicates. */
export function append(thread: Thread, later: ReadMessage[]): Thread {
  const known = new Set(thread.map((message) => message.id));
  return [...thread, ...later.filter((message) => !known.has(message.id)).map(shown)];
}

/** Replaces the thread with other messages of the conversation. The page's own data about the same messages stays. */
export function reopened(thread: Thread, messages: ReadMessage[]): Thread {
  const known = new Map(thread.map((message) => [message.id, message]));
  return messages.map((message) => keep(known.get(message.id), message));
}

/** The thread that was read, or the one before if it has the same messages, so that nothing is redrawn. */
export function unlessSame(before: Thread, read: Thread): Thread {
  return before.length === read.length && before.every((message, at) => message === read[at]) ? before : read;
}

/** Changes one message. The others stay the same objects. */
export function change(thread: Thread, key: string, changes: Partial<ShownMessage>): Thread {
  return thread.map((message) => (message.key === key ? { ...message, ...changes } : message));
}

/** The thread with a sent question and its expected answer. An edit replaces its question and a regeneration its
 *  answer, and hides what followed. */
export function withQuestion(thread: Thread, question: Question, answers: LiveAnswer[]): Thread {
  const { edit_of, regenerate_of } = question;
  const at = thread.findIndex((message) => message.id === (edit_of ?? regenerate_of));
  const replaced = thread[at];
  const before = at < 0 ? [...thread] : thread.slice(0, at);
  const answer = answers[0]!;
  const last = before.at(-1);
  const count = replaced ? replaced.revision_count : 0;
  const version = { revision_count: count + 1, revision_position: count + 1 };
  if (!regenerate_of) {
    const attached = question.attachments
      ? { attachments: question.attachments }
      : edit_of
        ? (replaced?.metadata ?? {})
        : {};
    const about = edit_of ? replaced : thread.findLast(({ role }) => role === "user");
    const metadata = { ...attached, ...askedBy(question, about) };
    const id = `question-of-${answer.id}`;
    // An edit keeps its question's key, so that the form stays until the answer starts, and after a refusal.
    const key = replaced?.key ?? id;
    before.push({ ...blank(id, "user", last), ...version, key, content: question.message ?? "", metadata });
  }
  const awaited = blank(answer.id, "assistant", before.at(-1));
  const models = { requested_model: answer.model || null, model: answer.model || null };
  const compared = answers.length > 1 ? { compared: answers } : {};
  const own = regenerate_of
    ? {
        revision_count: count + answers.length,
        revision_position: count + 1,
        metadata: question.adjust ? { adjust: question.adjust } : {},
      }
    : { revision_count: answers.length };
  return [...before, { ...awaited, ...own, ...models, ...compared, state: "streaming", live: answer }];
}

/** The changes to a message when its answer ends. */
export function finished(message: ShownMessage, answer: LiveAnswer): Partial<ShownMessage> {
  const { state, finish_reason, model, usage, firstTokenMs, notice, failure, requestId } = answer.ending.value!;
  const { text, reasoning } = answer.shown.value;
  const sources = answer.sources.value;
  return {
    content: text,
    ...(reasoning && { reasoning: received(reasoning) }),
    ...(sources.length > 0 && { metadata: { ...message.metadata, sources } }),
    live: undefined,
    state,
    finish_reason,
    error_code: failure?.code ?? null,
    model: model ?? message.model,
    usage,
    first_token_ms: firstTokenMs,
    notice,
    ...(failure && { failure }),
    ...(requestId && { requestId }),
  };
}

/** Thoughts as the page received them: the whole of them, since the stream cuts nothing. */
function received(text: string): Thoughts {
  return { text, length: codePoints(text), is_cut: false };
}

function blank(id: string, role: Message["role"], parent: ShownMessage | undefined): ShownMessage {
  return {
    id,
    key: id,
    role,
    content: "",
    state: "complete",
    sequence_number: (parent?.sequence_number ?? 0) + 1,
    revision_number: 0,
    revision_count: 1,
    revision_position: 1,
    revision_type: null,
    original_message_id: null,
    is_latest: true,
    parent_message_id: parent?.id ?? null,
    requested_model: null,
    model: null,
    finish_reason: null,
    error_code: null,
    usage: null,
    reasoning: null,
    turn_id: null,
    first_token_ms: null,
    feedback: null,
    metadata: {},
    created_at: new Date().toISOString(),
  };
}

function keep(before: ShownMessage | undefined, message: ReadMessage): ShownMessage {
  if (!before) return shown(message);
  const { key, live, failure, requestId, notice } = before;
  const local = { key, ...(failure && { failure }), ...(requestId && { requestId }), ...(notice && { notice }) };
  const kept = { ...message, ...local, ...beside(before, message), reasoning: thoughtsOf(before, message) };
  if (message.state === "streaming" && live) return { ...kept, live };
  return sameMessage(before, kept) ? before : kept;
}

/** The answers beside a message: those that the page follows already, and versions that the user put there. */
function beside(before: ShownMessage, message: ReadMessage): Partial<ShownMessage> {
  const { compared, comparesVersions } = before;
  if (compared && comparesVersions && !message.compared) return { compared, comparesVersions };
  const same = compared?.map(({ id }) => id).join() === message.compared?.map(({ id }) => id).join();
  return compared && same ? { compared } : {};
}

/** Long thoughts, which a page of messages does not have, stay if they were received or read before. */
function thoughtsOf(before: ShownMessage, message: Message): Thoughts | null {
  if (!message.reasoning) return message.state === "streaming" ? before.reasoning : null;
  return { ...message.reasoning, text: message.reasoning.text ?? before.reasoning?.text ?? null };
}

/** Whether the visible content is the same, so that the message is not redrawn. */
function sameMessage(before: ShownMessage, after: ShownMessage): boolean {
  if (before.live) return false;
  if (before.compared !== after.compared) return false;
  const [plain, other] = [before, after].map(({ live: _live, compared: _compared, ...rest }) => rest as ShownMessage);
  return JSON.stringify(sorted(plain!)) === JSON.stringify(sorted(other!));
}

function sorted(message: ShownMessage): [string, unknown][] {
  return Object.entries(message)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
