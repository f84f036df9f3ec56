import { ApiError, asApiError } from "../api/errors.ts";
import type { Attached, Watcher } from "../documents/attach.ts";
import { documentType } from "../documents/formats.ts";
import type { DraftFile } from "../drafts.ts";
import { Store } from "../state/store.ts";
import type { Backend } from "./backend.ts";
import type { Attachment } from "./types.ts";

const MAX_FILES = 20;
const LARGEST_IMAGE = 10_000_000;
const LARGEST_TEXT = 1_000_000;
/** The longest text of a file in a draft, in characters: the browser's storage is small. */
const DRAFT_TEXT = 50_000;
const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

export interface AttachedFile {
  key: number;
  name: string;
  size: number;
  /** The service must extract a document's text before a question can name it. */
  kind: "image" | "text" | "document";
  /** `blob:` address of an image, for its preview. */
  preview: string | null;
  text: string | null;
  /** Whether it is a long paste, which the user may want as text after all. */
  pasted: boolean;
  state: "sending" | "reading" | "ready" | "failed";
  /** Progress of a document within its state. */
  percent: number;
  upload_id: string | null;
  failure: ApiError | null;
  /** Why a document could not be read, in the API's words. */
  problem: string | null;
}

/** Why a file is rejected. */
export type Rejection = { name: string; reason: "kind" | "too_large" | "too_many" };

type Uploads = Pick<Backend, "upload"> & {
  put: (url: string, headers: Record<string, string>, file: Blob) => Promise<Response>;
};

type AttachDocument = (file: File, type: string, watcher: Watcher) => Promise<Attached | null>;

/** Loaded with the first document. */
const attachDocument: AttachDocument = async (...document) =>
  (await import("../documents/attach.ts")).attach(...document);

/** The files of the next question. Images and documents are uploaded; texts become part of the question. */
export class Attachments {
  readonly store = new Store<readonly AttachedFile[]>([]);
  readonly rejections = new Store<readonly Rejection[]>([]);
  /** Counts removed files. */
  readonly removals = new Store(0);
  #uploads: Uploads;
  #attachDocument: AttachDocument;
  #last = 0;

  constructor(uploads: Uploads, attach: AttachDocument = attachDocument) {
    this.#uploads = uploads;
    this.#attachDocument = attach;
  }

  /** Adds files that were chosen, dropped or pasted. `rejections` names the others. */
  async add(files: readonly File[]): Promise<void> {
    this.rejections.set([]);
    await Promise.all(files.map((file) => this.#add(file)));
  }

  /** Whether all files are ready to send. */
  get ready(): boolean {
    return this.store.value.every((file) => file.state === "ready");
  }

  /** Adds a long pasted text as a file. The name gets a number if another file has it. Returns false if there is no room
   *  for another file. */
  addPasted(text: string, name: string): boolean {
    if (this.#isFull) return false;
    const names = new Set(this.store.value.map((file) => file.name));
    let free = name;
    for (let n = 2; names.has(free); n++) free = `${name} ${n}`;
    this.#put({ ...this.#empty(free, new Blob([text]).size, "text"), text, pasted: true, state: "ready" });
    return true;
  }

  #addText(text: string, name: string): void {
    this.#put({ ...this.#empty(name, new Blob([text]).size, "text"), text, state: "ready" });
  }

  remove(key: number): void {
    const file = this.store.value.find((each) => each.key === key);
    if (file?.preview) URL.revokeObjectURL(file.preview);
    this.store.update((files) => files.filter((each) => each.key !== key));
    this.removals.update((count) => count + 1);
  }

  /** Adds a file of a draft, whose upload, if it has one, is complete and may still be read. Returns its key. */
  restore({ name, size, kind, upload_id, text, pasted }: DraftFile): number {
    const file = this.#empty(name, size, kind);
    this.#put({ ...file, upload_id, text, pasted, state: text === null ? "reading" : "ready" });
    return file.key;
  }

  /** Sets the state of a restored file. */
  restored(key: number, changes: Pick<AttachedFile, "state"> & Partial<AttachedFile>): void {
    this.#change(key, changes);
  }

  /** The files as a draft has them. */
  draftFiles(): DraftFile[] {
    return this.store.value.map(({ name, size, kind, upload_id, text, pasted }) => {
      return { name, size, kind, upload_id, text: text !== null && text.length <= DRAFT_TEXT ? text : null, pasted };
    });
  }

  /** Removes the files and returns them for a question that is being sent. */
  take(): { sent: Attachment[]; items: readonly AttachedFile[] } {
    const items = this.store.value;
    this.store.set([]);
    this.rejections.set([]);
    return { items, sent: items.filter((each) => each.state === "ready").map(sent) };
  }

  /** Puts the files back after a refusal. */
  putBack(items: readonly AttachedFile[]): void {
    this.store.update((files) => [...items, ...files]);
  }

  async #add(file: File): Promise<void> {
    const type = documentType(file);
    if (type !== null) return this.#addDocument(file, type);
    const kind = IMAGES.includes(file.type) ? "image" : "text";
    const reason = this.#reasonAgainst(file, kind);
    const text = kind === "text" && !reason ? await readText(file) : null;
    if (reason || (kind === "text" && text === null)) {
      this.rejections.update((all) => [...all, { name: file.name, reason: reason ?? "kind" }]);
      return;
    }
    if (text !== null) return this.#addText(text, file.name);
    const image = { ...this.#empty(file.name, file.size, "image"), preview: URL.createObjectURL(file) };
    this.#put(image);
    await this.#upload(image.key, file);
  }

  async #addDocument(file: File, type: string): Promise<void> {
    if (this.#isFull) {
      this.rejections.update((all) => [...all, { name: file.name, reason: "too_many" }]);
      return;
    }
    const document = this.#empty(file.name, file.size, "document");
    const { key } = document;
    this.#put(document);
    try {
      const attached = await this.#attachDocument(file, type, {
        wanted: () => this.store.value.some((each) => each.key === key),
        show: (progress) => this.#change(key, progress),
      });
      if (!attached) return;
      this.#change(key, "problem" in attached ? { state: "failed", ...attached } : { state: "ready", ...attached });
    } catch (failure) {
      this.#change(key, { state: "failed", failure: asApiError(failure) });
    }
  }

  get #isFull(): boolean {
    return this.store.value.length >= MAX_FILES;
  }

  #reasonAgainst(file: File, kind: AttachedFile["kind"]): Rejection["reason"] | null {
    if (this.#isFull) return "too_many";
    if (file.type.startsWith("image/") && kind !== "image") return "kind";
    return file.size > (kind === "image" ? LARGEST_IMAGE : LARGEST_TEXT) ? "too_large" : null;
  }

  async #upload(key: number, file: File): Promise<void> {
    try {
      const target = await this.#uploads.upload({ name: file.name, type: file.type, size: file.size });
      const response = await this.#uploads.put(target.url, target.headers, file);
      if (!response.ok && response.status !== 412) throw new ApiError(response.status, {}, null);
      this.#change(key, { state: "ready", upload_id: target.upload_id });
    } catch (failure) {
      const error = failure instanceof ApiError ? failure : new ApiError(0, {}, null);
      this.#change(key, { state: "failed", failure: error });
    }
  }

  #empty(name: string, size: number, kind: AttachedFile["kind"]): AttachedFile {
    return {
      key: ++this.#last,
      name,
      size,
      kind,
      preview: null,
      text: null,
      pasted: false,
      state: "sending",
      percent: 0,
      upload_id: null,
      failure: null,
      problem: null,
    };
  }

  #put(file: AttachedFile): void {
    this.store.update((files) => [...files, file]);
  }

  #change(key: number, changes: Partial<AttachedFile>): void {
    this.store.update((files) => files.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  }
}

function sent({ kind, name, text, upload_id }: AttachedFile): Attachment {
  if (kind === "text") return { type: "text", name, text };
  return { type: kind === "image" ? "image" : "file", name, upload_id };
}

/** The text of a file; null if it is not text: its bytes are not UTF-8, or it has a zero byte. */
async function readText(file: File): Promise<string | null> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
