import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { Drafts } from "../drafts.ts";

/** The text that is being typed. Only the composer reads it: the list of messages knows nothing of a key press. */
export class Composer {
  readonly text = new Store("");
  /** Why the last question was refused, until it is sent again or changed. */
  readonly refusal = new Store<ApiError | null>(null);
  /** Names of files that were attached before the page was loaded again, and have to be attached anew. */
  readonly lostFiles: Store<readonly string[]>;
  /** The id that was chosen for a question which may have arrived though the connection broke: the same text is sent
   *  with it again, so that it is asked once. */
  #messageId: string | null = null;
  #sent = "";
  #drafts: Drafts;
  #conversation: string | null;

  constructor(drafts: Drafts, conversation: string | null) {
    this.#drafts = drafts;
    this.#conversation = conversation;
    const draft = drafts.read(conversation);
    this.text.set(draft?.text ?? "");
    this.lostFiles = new Store<readonly string[]>(draft?.attachments ?? []);
  }

  /** The key of the draft in storage. */
  get draftKey(): string {
    return this.#drafts.key(this.#conversation);
  }

  /** The person typed. */
  type(text: string, attachments: string[] = []): void {
    this.text.set(text);
    this.#drafts.save(this.#conversation, text, attachments);
  }

  /** Empties the text for a question that is on its way; its draft stays in storage until it has arrived. */
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

  /** The question arrived. What was typed since then is the draft now. */
  arrived(): void {
    this.#messageId = null;
    if (this.text.value === "") this.#drafts.remove(this.#conversation);
    else this.#drafts.save(this.#conversation, this.text.value);
  }

  /** A question of this text is on its way since before the page was loaded: sent again, it is asked once. */
  retryWith(messageId: string): void {
    this.#messageId = messageId;
    this.#sent = this.text.value;
  }

  /** The question was refused: its text returns, before what was typed since. */
  putBack(failure: ApiError): void {
    const typed = this.text.value;
    if (failure.status !== 0) this.#messageId = null;
    this.type(typed ? `${this.#sent}\n${typed}` : this.#sent);
    this.refusal.set(failure);
  }

  /** A new conversation has got its id: the draft is that conversation's from now on. */
  moveTo(conversation: string): void {
    if (this.#conversation === conversation) return;
    this.#drafts.remove(this.#conversation);
    this.#conversation = conversation;
    if (this.text.value) this.#drafts.save(conversation, this.text.value);
  }

  /** Another tab changed the draft, which was `before` in storage: it is shown here if nothing else was typed here. */
  draftChanged(before: string | null): void {
    const text = this.#drafts.textOf(before);
    if (this.text.value === text) this.text.set(this.#drafts.read(this.#conversation)?.text ?? "");
  }
}
