import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { DraftFile, Drafts } from "../drafts.ts";

/** The text in the composer. Only the composer reads it, so a key press does not redraw the messages. */
export class Composer {
  readonly text = new Store("");
  /** Why the last question was refused, until the user sends or changes it. */
  readonly refusal = new Store<ApiError | null>(null);
  /** Names of files that were attached before the page was left, and must be attached again. */
  readonly lostFiles = new Store<readonly string[]>([]);
  /** The files of the draft that the page opened with. */
  readonly draftFiles: readonly DraftFile[];
  /** The id of a question that may have arrived although the connection broke. Sending the same text again reuses it,
   *  so that it is asked once. */
  #messageId: string | null = null;
  #sent = "";
  #drafts: Drafts;
  #conversation: string | null;

  constructor(drafts: Drafts, conversation: string | null) {
    this.#drafts = drafts;
    this.#conversation = conversation;
    const draft = drafts.read(conversation);
    this.text.set(draft?.text ?? "");
    this.draftFiles = draft?.attachments ?? [];
  }

  /** The key of the draft in storage. */
  get draftKey(): string {
    return this.#drafts.key(this.#conversation);
  }

  /** Called when the user types. */
  type(text: string, attachments: DraftFile[] = []): void {
    this.text.set(text);
    this.#drafts.save(this.#conversation, text, attachments);
  }

  /** Empties the text for a question that is being sent. Its draft stays in storage until it arrives. */
  take(): { text: string; messageId: string } {
    const text = this.text.value;
    const messageId = this.#messageId !== null && this.#sent === text ? this.#messageId : crypto.randomUUID();
    this.#messageId = messageId;
    this.#sent = text;
    this.#drafts.flush();
    this.text.set("");
    this.refusal.set(null);
    this.lostFiles.set([]);
    return { text, messageId };
  }

  /** The question arrived. Text typed since then becomes the draft. */
  arrived(): void {
    this.#messageId = null;
    if (this.text.value === "") this.#drafts.remove(this.#conversation);
    else this.#drafts.save(this.#conversation, this.text.value);
  }

  /** This text was being sent before a reload. Sending it again asks it once. */
  retryWith(messageId: string): void {
    this.#messageId = messageId;
    this.#sent = this.text.value;
  }

  /** Puts the text back after a refusal, before text typed since. */
  putBack(failure: ApiError): void {
    const typed = this.text.value;
    if (failure.status !== 0) this.#messageId = null;
    this.type(typed ? `${this.#sent}\n${typed}` : this.#sent);
    this.refusal.set(failure);
  }

  /** A new conversation has its id: the draft belongs to it from now on. */
  moveTo(conversation: string): void {
    if (this.#conversation === conversation) return;
    this.#drafts.remove(this.#conversation);
    this.#conversation = conversation;
    if (this.text.value) this.#drafts.save(conversation, this.text.value);
  }

  /** Another tab changed the draft, which was `before` in storage. Shows it unless this tab has other text. */
  draftChanged(before: string | null): void {
    const text = this.#drafts.textOf(before);
    if (this.text.value === text) this.text.set(this.#drafts.read(this.#conversation)?.text ?? "");
  }
}
