import { Store, type Readable } from "../state/store.ts";
import type { AttachedFile, Attachments } from "./attachments.ts";

/** Why a question is not sent yet: these files are being uploaded or read, or these have failed. */
export type Queued =
  { state: "waiting"; files: readonly AttachedFile[] } | { state: "failed"; files: readonly AttachedFile[] };

/** A question that is sent by itself as soon as its files are read. */
export class QueuedQuestion {
  readonly store = new Store<Queued | null>(null);
  #attachments: Attachments;
  #running: Readable<readonly unknown[]>;
  #send: () => void;
  #leave: (() => void) | null = null;

  /** `running`: the answers in progress, which a question waits for too. `send` sends it. */
  constructor(attachments: Attachments, running: Readable<readonly unknown[]>, send: () => void) {
    this.#attachments = attachments;
    this.#running = running;
    this.#send = send;
  }

  /** Sends the question when all files are ready. If one fails, the question waits for the user. */
  start(): void {
    if (this.#leave) return;
    let waiting = new Set<number>();
    let answers = 0;
    const look = () => {
      const files = this.#attachments.store.value;
      const failed = files.filter(({ state }) => state === "failed");
      const pending = files.filter(({ state }) => state === "sending" || state === "reading");
      const removed = [...waiting].some((key) => !files.some((file) => file.key === key));
      waiting = new Set([...pending, ...failed].map(({ key }) => key));
      if (removed && files.length === 0) return this.cancel(); // removing the last file is no reason to send
      if (pending.length > 0) this.store.set({ state: "waiting", files: pending });
      else if (failed.length > 0) this.store.set({ state: "failed", files: failed });
      else if (answers === 0) this.#go();
    };
    const leaves = [
      this.#running.subscribe((running) => {
        answers = running.length;
        if (this.#leave) look();
      }),
    ];
    this.#leave = () => leaves.forEach((leave) => leave());
    leaves.push(this.#attachments.store.subscribe(look));
    if (this.#leave === null) leaves.forEach((leave) => leave()); // it was sent at once
  }

  /** Removes the files that failed and sends the question with the others. */
  sendWithoutFailed(): void {
    const { value } = this.store;
    this.cancel();
    for (const { key } of value?.files ?? []) this.#attachments.remove(key);
    this.#send();
  }

  /** The question is not sent by itself any more. Its text and its files stay. */
  cancel(): void {
    this.#leave?.();
    this.#leave = null;
    this.store.set(null);
  }

  #go(): void {
    this.cancel();
    this.#send();
  }
}
