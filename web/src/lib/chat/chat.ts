import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { AnswerFollower, type StartEvent } from "./answer_follower.ts";
import { connect, type Wakeups } from "./answer_stream.ts";
import { answerOf, answersTo } from "./awaited_answers.ts";
import type { Backend } from "./backend.ts";
import { ConversationStore } from "./conversation_store.ts";
import type { LiveAnswer, Schedule } from "./live_answer.ts";
import { finished, withQuestion } from "./thread.ts";
import type { Conversation, Message, Question } from "./types.ts";

/** The conversation is read again this many milliseconds after an answer, for the title that a model gives it. */
const TITLE_DELAYS = [1_500, 4_000, 10_000];

export interface ChatOptions {
  backend: Backend;
  wakeups: Wakeups;
  /** Called with the id of a new conversation. */
  onBegin?: (id: string) => void;
  /** Called after a change that the list of conversations, the quota and other tabs show. */
  onChange?: (id: string) => void;
  schedule?: Schedule;
  delay?: (attempt: number) => number;
}

/** One conversation and its answers in progress. */
export class Chat {
  readonly conversation: ConversationStore;
  /** The answer that ended last, for subscribers. */
  readonly ended = new Store<LiveAnswer | null>(null);
  readonly #options: ChatOptions;
  readonly #follower: AnswerFollower;
  /** Questions without a first event yet. Leaving the page does not cut them off. */
  #sending = 0;
  #left = false;

  constructor(id: string | null, options: ChatOptions) {
    this.#options = options;
    this.conversation = new ConversationStore(options.backend, id);
    this.#follower = new AnswerFollower({
      ...options,
      onStart: (answers, start) => this.#started(answers, start),
      onEnd: (answer) => this.#ended(answer),
    });
  }

  /** The answers in progress. */
  get running(): AnswerFollower["running"] {
    return this.#follower.running;
  }

  /** Reads the conversation and follows its answers in progress. */
  async open(): Promise<void> {
    await this.conversation.load();
    await this.#followRunning();
  }

  /** Reads the conversation again after changes elsewhere, and follows its answers in progress. Throws ApiError. */
  async refresh(): Promise<void> {
    await this.conversation.refresh();
    await this.#followRunning();
  }

  /** Shows the newest messages if the reader is far back. Throws ApiError. */
  async openNewest(): Promise<void> {
    await this.conversation.openNewest();
    for (const live of this.running.value) this.conversation.change(live.id, { live });
    await this.#followRunning();
  }

  /** Asks, and resolves as soon as the answer starts. A refusal restores everything and throws ApiError. */
  async ask(question: Question): Promise<void> {
    const { conversation } = this;
    let putBack: (() => void) | undefined;
    let drawing: ReturnType<typeof setTimeout> | undefined;
    this.#sending++;
    try {
      if (!question.edit_of && !question.regenerate_of) await this.openNewest();
      const message_id = question.message_id ?? crypto.randomUUID();
      const model = conversation.details.value?.model ?? "";
      const answers = await answersTo(question, message_id, model, this.#options.schedule);
      const sent = { ...question, message_id, ...(conversation.id && { conversation_id: conversation.id }) };
      const draw = () => (putBack ??= conversation.extend(withQuestion(conversation.messages.value, sent, answers)));
      // Sends the question before drawing it, which takes a slow phone a while.
      drawing = setTimeout(draw);
      await this.#follower.follow(answers, async (signal) => {
        const response = await this.#options.backend.ask(sent, signal);
        if (response.ok) draw();
        return response;
      });
    } catch (failure) {
      clearTimeout(drawing);
      putBack?.();
      // Another answer is in progress here, perhaps from another tab. It is shown, and this question waits.
      const busy = failure instanceof ApiError && failure.code === "conversation_busy";
      if (busy)
        await this.refresh().then(
          () => this.openNewest(),
          () => {},
        );
      throw failure;
    } finally {
      this.#sending--;
      if (this.#left) this.leave();
    }
  }

  /** Continues in a conversation that was just created, without a question yet. */
  adopt(created: Conversation): void {
    this.conversation.id = created.id;
    this.conversation.details.set(created);
    this.#options.onBegin?.(created.id);
  }

  /** Opens the conversation of a question whose first event this page missed. Throws ApiError; 404 if the question
   *  never arrived. */
  async openPending(messageId: string): Promise<void> {
    const { backend, wakeups, onBegin } = this.#options;
    const resume = (signal: AbortSignal) => backend.resume(messageId, 0, signal);
    for await (const event of connect(resume, { signal: this.#follower.left, wakeups })) {
      if (event.event !== "start") continue;
      const isNew = this.conversation.id === null;
      this.conversation.id = event.data.conversation_id;
      if (isNew) onBegin?.(event.data.conversation_id);
      return this.open();
    }
  }

  /** Stops the answers in progress. Their text stays. Throws ApiError. */
  async stop(): Promise<void> {
    await Promise.all(this.running.value.map(({ id }) => this.#options.backend.stop(id)));
  }

  /** Shows another version with its branch. Throws ApiError. */
  async activate(messageId: string): Promise<void> {
    await this.conversation.activate(messageId);
    for (const { key, compared } of this.conversation.messages.value)
      if (compared?.some((each) => each.id === messageId)) this.endComparison(key);
    this.#changed();
    await this.#followRunning();
  }

  /** Saves the user's own text as a version of an answer, and shows it. Returns its id. Throws ApiError. */
  async correct(messageId: string, content: string): Promise<string> {
    const version = await this.#options.backend.correct(this.conversation.id!, messageId, content);
    await this.activate(version.id);
    return version.id;
  }

  /** Stops one of the answers in progress. Throws ApiError. */
  async stopOne(messageId: string): Promise<void> {
    await this.#options.backend.stop(messageId);
  }

  /** Shows these versions of an answer side by side, until the user chooses one or closes them. */
  compareVersions(key: string, versions: Message[]): void {
    const compared = versions.map((version) => answerOf(version, this.#options.schedule));
    this.conversation.change(key, { compared, comparesVersions: true });
  }

  /** Shows one answer again in place of several. */
  endComparison(key: string): void {
    this.conversation.change(key, { compared: undefined, comparesVersions: false });
  }

  /** The page is left: stops reading. The answers continue. */
  leave(): void {
    this.#left = true;
    if (this.#sending === 0) this.#follower.leave();
  }

  #started(answers: LiveAnswer[], start: StartEvent): void {
    const { conversation } = this;
    const answer = answers[0]!;
    const thread = conversation.messages.value;
    const at = thread.findIndex(({ id }) => id === answer.id);
    const asked = thread[at - 1];
    if (asked && asked.id !== start.user_message_id) conversation.change(asked.key, { id: start.user_message_id });
    if (thread[at]) {
      const model = thread[at].requested_model ?? start.model;
      conversation.change(answer.id, { parent_message_id: start.user_message_id, requested_model: model, model });
    }
    const isNew = conversation.id === null;
    conversation.id = start.conversation_id;
    if (conversation.status.value.state === "new") conversation.status.set({ state: "ready" });
    if (isNew) this.#options.onBegin?.(start.conversation_id);
    this.#changed();
  }

  #ended(answer: LiveAnswer): void {
    const { conversation } = this;
    const message = conversation.messages.value.find((each) => each.id === answer.id);
    if (message) conversation.change(message.key, finished(message, answer));
    conversation.outdateReads();
    this.ended.set(answer);
    this.#changed();
    void this.#readAgain();
  }

  /** Pictures and costs are known a moment after the answer's end, and after the first answer, the title of a model. */
  async #readAgain(): Promise<void> {
    const { details } = this.conversation;
    const awaitsTitle = this.#answered() <= 1;
    let named: string | null | undefined;
    for (const milliseconds of awaitsTitle ? [0, ...TITLE_DELAYS] : [0]) {
      if (milliseconds) await new Promise((resolve) => setTimeout(resolve, milliseconds));
      if (this.#left || this.running.value.length > 0) return;
      await this.conversation.refresh().catch(() => {});
      const { value } = details;
      if (!milliseconds || value?.title !== named) this.#changed();
      // A temporary conversation has no title, and no model replaces the user's.
      if (value && (value.title === null || value.title_source === "person")) return;
      if (named !== undefined && value && value.title !== named) return;
      named ??= value?.title;
    }
  }

  /** The number of answers shown that have text. */
  #answered(): number {
    return this.conversation.messages.value.filter(({ role, state }) => role === "assistant" && state !== "failed")
      .length;
  }

  #changed(): void {
    if (this.conversation.id) this.#options.onChange?.(this.conversation.id);
  }

  /** Follows answers of this conversation that are in progress and not followed yet. */
  async #followRunning(): Promise<void> {
    const { conversation } = this;
    const followed = new Set(this.running.value.map((answer) => answer.id));
    const isRunning = (answer: LiveAnswer) => answer.ending.value === null && !followed.has(answer.id);
    const message = conversation.messages.value.find(
      (each) => (each.state === "streaming" && !followed.has(each.id)) || each.compared?.some(isRunning),
    );
    if (!message || this.#left) return;
    const answers = message.compared ?? [answerOf(message, this.#options.schedule)];
    const own = answers.find(({ id }) => id === message.id);
    if (own && message.state === "streaming") conversation.change(message.key, { live: own });
    const unfinished = answers.filter(isRunning);
    await this.#follower.follow(unfinished).catch(() => this.conversation.refresh().catch(() => {}));
  }
}
