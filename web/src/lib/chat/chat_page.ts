import { ApiError, asApiError } from "../api/errors.ts";
import { painted } from "../state/painted.ts";
import { passConsents } from "../consents/gate.ts";
import { models } from "../models.ts";
import { Store } from "../state/store.ts";
import { isBlank } from "../typed/clean.ts";
import { AskedDocuments, askedNow, type Asked } from "./asked_documents.ts";
import { AskOptions } from "./ask_options.ts";
import type { Attachments } from "./attachments.ts";
import type { Backend } from "./backend.ts";
import type { Chat } from "./chat.ts";
import type { Composer } from "./composer.ts";
import { isForeign } from "./foreign.ts";
import { HeldRefresh } from "./held_refresh.ts";
import { readPending, writePending } from "./pending.ts";
import { QueuedQuestion } from "./queued_question.ts";
import type { ErrorBody, Question, Quote } from "./types.ts";
import { webSearchField } from "./web_search.ts";

/** The cost up to which an answer needs no confirmation, in micro-dollars. */
export const CONFIRM_ABOVE = 250_000;

/** The code of a question that the user withdrew after seeing its cost. */
const DECLINED = "declined" as ErrorBody["code"];

/** Whether the user withdrew the question. This needs no message. */
export function isDeclined(failure: unknown): boolean {
  return failure instanceof ApiError && failure.body.code === DECLINED;
}

/** Whether a question to this model needs a quote: every model but the small ones. */
function isExpensive(id: string | null | undefined): boolean {
  const model = models.value?.find((each) => each.id === id);
  return model !== undefined && model.quota_key !== "small_messages";
}

/** A question that waits for the user to accept its cost. */
export interface Confirmation {
  quote: Quote;
  agree: () => void;
  decline: () => void;
}

/** The state of one chat page, and the ways to ask from it. */
export class ChatPage {
  readonly chat: Chat;
  readonly composer: Composer;
  readonly attachments: Attachments;
  readonly documents: AskedDocuments;
  readonly options: AskOptions;
  /** Shows changes from another tab. A failed read is repeated at the next change, or when the page becomes visible. */
  readonly refresh = new HeldRefresh(() => void this.chat.refresh().catch(() => {}));
  readonly confirmation = new Store<Confirmation | null>(null);
  /** The composer's question, while it waits for its files. */
  readonly queued: QueuedQuestion;
  /** Counts questions sent from this page. The view scrolls to the end at each. */
  readonly sent = new Store(0);
  /** Counts requests to choose another model. The picker opens at each. */
  readonly modelWanted = new Store(0);
  /** Counts requests to type. The composer takes the focus at each. */
  readonly typingWanted = new Store(0);
  /** Resolves when the page's address names the conversation. From then on a reload finds it by the address. */
  addressed: Promise<void> = Promise.resolve();
  #backend: Backend;
  #passConsents: () => Promise<boolean>;
  #isSending = false;
  #agreed = new Set<string>();

  constructor(parts: {
    chat: Chat;
    composer: Composer;
    attachments: Attachments;
    documents: AskedDocuments;
    options: AskOptions;
    backend: Backend;
    /** Resolves to false if the user does not agree to the texts that a question needs. */
    passConsents?: () => Promise<boolean>;
  }) {
    this.chat = parts.chat;
    this.composer = parts.composer;
    this.attachments = parts.attachments;
    this.documents = parts.documents;
    this.options = parts.options;
    this.#backend = parts.backend;
    this.#passConsents = parts.passConsents ?? passConsents;
    this.queued = new QueuedQuestion(this.attachments, this.chat.running, () => void this.send());
  }

  /** Reads the conversation, and finds the answer to a question that was being sent when the page was reloaded. */
  async open(): Promise<void> {
    const pending = readPending();
    const mine = pending && pending.conversation === this.chat.conversation.id;
    if (!mine || pending.conversation !== null) await this.chat.open();
    if (!mine) return;
    const isText = this.composer.text.value === pending.text;
    try {
      await this.chat.openPending(pending.messageId);
      if (isText) this.composer.text.set("");
      this.composer.arrived();
    } catch {
      if (isText) this.composer.retryWith(pending.messageId);
    } finally {
      await this.#forgetPending();
    }
  }

  /** Sends the composer's text, or queues it until its files are read. A refusal puts it back with the reason. */
  async send(): Promise<void> {
    const { composer, attachments, chat } = this;
    if (isBlank(composer.text.value) || chat.running.value.length > 0 || this.#isSending) return;
    if (!attachments.ready) return this.queued.start();
    this.queued.cancel();
    this.#isSending = true;
    const agreed = await this.#passConsents().finally(() => (this.#isSending = false));
    // The text may have changed behind the dialog, and stays if the user did not agree.
    if (agreed && attachments.ready && !isBlank(composer.text.value)) await this.#send();
  }

  async #send(): Promise<void> {
    const { composer, attachments, documents, chat } = this;
    const files = attachments.take();
    const asked = documents.chosen.value;
    const { text, messageId } = composer.take();
    await painted(); // the composer empties at once, before the question is drawn
    try {
      const question = {
        message: text,
        message_id: messageId,
        ...(files.sent.length > 0 && { attachments: files.sent }),
        ...documents.toQuestion(),
      };
      await this.#begin(messageId);
      writePending({ messageId, conversation: chat.conversation.id, text });
      await this.#ask({ ...question, ...this.#chosen() });
      composer.arrived();
      documents.arrived(asked);
      await this.#forgetPending();
    } catch (failure) {
      writePending(null);
      attachments.putBack(files.items);
      composer.putBack(asApiError(failure));
      if (isDeclined(failure)) composer.refusal.set(null);
    }
  }

  /** Stops the answers in progress. The composer shows a failure. */
  async stop(): Promise<void> {
    await this.chat.stop().catch((failure: unknown) => this.composer.refusal.set(asApiError(failure)));
  }

  /** Asks an edited question of the conversation. Throws ApiError for a refusal. */
  edit(messageId: string, text: string): Promise<void> {
    return this.#ask({ edit_of: messageId, message: text, ...this.#chosen() });
  }

  /** Regenerates an answer with the same model or the given one. Throws ApiError for a refusal. */
  regenerate(messageId: string, model?: string): Promise<void> {
    return this.#ask({ regenerate_of: messageId, ...(model && { model }) });
  }

  /** Asks for a version that changes an answer. Throws ApiError for a refusal. */
  adjust(messageId: string, adjust: NonNullable<Question["adjust"]>): Promise<void> {
    return this.#ask({ regenerate_of: messageId, adjust });
  }

  /** Asks several models the same question, side by side. Throws ApiError for a refusal. */
  compareAnswer(messageId: string, models: string[]): Promise<void> {
    return this.#ask({ regenerate_of: messageId, compare: models });
  }

  /** The question as it would be sent now, for a quote; null if it is empty. */
  draftQuestion(): Question | null {
    const message = this.composer.text.value;
    const { id } = this.chat.conversation;
    return message.trim()
      ? { message, ...(id && { conversation_id: id }), ...this.documents.toQuestion(), ...this.#chosen() }
      : null;
  }

  /** The documents and collections of the next question. */
  get asked(): Asked {
    return askedNow(this.documents.chosen.value, this.chat.conversation.messages.value);
  }

  /** Asks this model from now on. The conversation stores the choice; if that fails, each question still names it. */
  chooseModel(id: string): void {
    this.options.compare.set([]);
    this.options.model.set(id);
    const conversation = this.chat.conversation.id;
    if (conversation && !this.options.temporary.value)
      void this.#backend.change(conversation, { model: id }).catch(() => {});
  }

  /** The page is left. The answers continue; a question that waits for its files does not, and stays a draft. */
  leave(): void {
    this.queued.cancel();
    this.chat.leave();
  }

  /** Opens the model picker. */
  pickModel(): void {
    this.modelWanted.update((count) => count + 1);
  }

  /** Attaches a file to the next question, and moves the focus to its text. */
  askAbout(file: File): void {
    void this.attachments.add([file]);
    this.typingWanted.update((count) => count + 1);
  }

  async #forgetPending(): Promise<void> {
    await this.addressed.then(
      () => writePending(null),
      () => {}, // the page is being left, and the next one finds the answer
    );
  }

  #chosen(): Question {
    const { model, compare, temporary, webSearch } = this.options;
    const exists = this.chat.conversation.id !== null;
    const asked =
      compare.value.length > 1 ? compare.value : [model.value ?? this.chat.conversation.details.value?.model ?? ""];
    return {
      ...webSearchField(webSearch.value, asked, models.value),
      ...(compare.value.length > 1 ? { compare: [...compare.value] } : model.value ? { model: model.value } : {}),
      ...(temporary.value && !exists && { temporary: true }),
    };
  }

  /** Instructions and options belong to a conversation, so they create it before its first question. A colleague's is continued in a
   *  copy. */
  async #begin(messageId: string): Promise<void> {
    const { conversation } = this.chat;
    if (isForeign(conversation.details.value))
      return (await import("./continue_in_copy.ts")).continueInCopy(this.chat, messageId);
    const options = this.options.ofNewConversation();
    if (conversation.id !== null || !options || this.options.temporary.value) return;
    this.chat.adopt(await this.#backend.begin(options));
  }

  async #ask(question: Question): Promise<void> {
    if (!(await this.#passConsents())) throw new ApiError(0, { code: DECLINED }, null);
    await this.#confirm(question);
    this.sent.update((count) => count + 1);
    await this.chat.ask(question);
  }

  /** Asks the user to confirm an expensive question, once for each choice of models. */
  async #confirm(question: Question): Promise<void> {
    const key = (question.compare ?? [question.model ?? ""]).join();
    if (!(question.compare || isExpensive(question.model)) || this.#agreed.has(key)) return;
    const { id } = this.chat.conversation;
    const { message_id: _, ...quoted } = { ...question, ...(id && { conversation_id: id }) };
    const quote = await this.#backend.quote(quoted);
    if (quote.max_cost_micro_usd < CONFIRM_ABOVE || !quote.allowed) return; // the API refuses it in a moment
    await new Promise<void>((resolve, reject) => {
      const end = (then: () => void) => {
        this.confirmation.set(null);
        then();
      };
      this.confirmation.set({
        quote,
        agree: () => end(resolve),
        decline: () => end(() => reject(new ApiError(0, { code: DECLINED }, null))),
      });
    });
    this.#agreed.add(key);
  }
}
