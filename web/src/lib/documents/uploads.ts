import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { backend, type Backend } from "./backend.ts";

/** The number of parallel uploads. A browser has six connections to a host, and the page needs some. */
const AT_ONCE = 3;

export interface Upload {
  key: number;
  name: string;
  size: number;
  state: "queued" | "sending" | "failed";
  /** The progress of its upload. */
  percent: number;
  failure: ApiError | null;
}

type Files = Pick<Backend, "open" | "put" | "remove">;

/** Uploads that become documents. A finished one moves to the list of documents. Failed ones come first: finished
 *  uploads disappear below them, so that none of their buttons moves under a pointer. */
export class Uploads {
  readonly store = new Store<readonly Upload[]>([]);
  /** Counts finished and cancelled uploads, so that lists read again. */
  readonly changes = new Store(0);
  #files: Files;
  #waiting: { key: number; file: File; collection: string | null }[] = [];
  #failed = new Map<number, { file: File; collection: string | null }>();
  #sending = 0;
  #last = 0;

  constructor(files: Files = backend) {
    this.#files = files;
  }

  /** Uploads these files, into a collection if one is given. */
  add(files: readonly File[], collection: string | null = null): void {
    for (const file of files) {
      const key = ++this.#last;
      const upload: Upload = { key, name: file.name, size: file.size, state: "queued", percent: 0, failure: null };
      this.store.update((all) => [...all, upload]);
      this.#waiting.push({ key, file, collection });
    }
    this.#next();
  }

  /** Retries a failed upload. */
  retry(key: number): void {
    const failed = this.#failed.get(key);
    if (!failed) return;
    this.#failed.delete(key);
    this.#change(key, { state: "queued", percent: 0, failure: null });
    this.#waiting.push({ key, ...failed });
    this.#next();
  }

  /** Removes a failed or waiting upload. */
  remove(key: number): void {
    this.#failed.delete(key);
    this.#waiting = this.#waiting.filter((each) => each.key !== key);
    this.store.update((all) => all.filter((each) => each.key !== key || each.state === "sending"));
  }

  #next(): void {
    while (this.#sending < AT_ONCE) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#sending++;
      void this.#send(next).finally(() => {
        this.#sending--;
        this.#next();
      });
    }
  }

  async #send({ key, file, collection }: { key: number; file: File; collection: string | null }): Promise<void> {
    this.#change(key, { state: "sending" });
    try {
      await sendFile(this.#files, file, collection, (percent) => this.#change(key, { percent }));
      this.store.update((all) => all.filter((each) => each.key !== key));
    } catch (failure) {
      this.#failed.set(key, { file, collection });
      this.#change(key, { state: "failed", failure: asApiError(failure) });
    }
    this.changes.update((count) => count + 1);
  }

  #change(key: number, changes: Partial<Upload>): void {
    this.store.update((all) => {
      const now = all.map((each) => (each.key === key ? { ...each, ...changes } : each));
      return [...now.filter(({ state }) => state === "failed"), ...now.filter(({ state }) => state !== "failed")];
    });
  }
}

/** Uploads one file and returns the new document's id. Throws ApiError; then no document is left behind. */
export async function sendFile(
  files: Files,
  file: File,
  collection: string | null,
  onprogress: (percent: number) => void,
): Promise<string> {
  const { name, type, size } = file;
  const target = await files.open({ name, type, size, ...(collection && { collection_id: collection }) });
  try {
    await files.put(target, file, onprogress);
  } catch (failure) {
    await files.remove(target.id).catch(() => undefined); // it would wait for its file for an hour
    throw failure;
  }
  return target.id;
}

/** The uploads of this tab. They continue on other pages of the app. */
export const uploads = new Uploads();
