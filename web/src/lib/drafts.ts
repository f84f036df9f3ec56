import * as storage from "./storage.ts";

/** An attached file of a draft: an upload, or a short text. One with neither must be attached again. */
export interface DraftFile {
  name: string;
  size: number;
  kind: "image" | "text" | "document";
  upload_id: string | null;
  text: string | null;
  pasted: boolean;
}

/** A text that was not sent, with its files. */
export interface Draft {
  text: string;
  attachments: DraftFile[];
  /** Milliseconds since 1970. */
  saved_at: number;
}

/** The delay between two writes, in milliseconds. */
const WRITE_MS = 500;
const MAX_DRAFTS = 50;
const PREFIX = "oneai.draft.";

type Storage = Pick<typeof storage, "read" | "write" | "keys">;

/** Drafts of one user, by conversation. If storage is full or forbidden, they last as long as the page. */
export class Drafts {
  #user: string;
  #storage: Storage;
  #pending = new Map<string, Draft>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(user: string, use: Storage = storage) {
    this.#user = user;
    this.#storage = use;
  }

  /** The draft of a conversation; null stands for a new one. */
  read(conversation: string | null): Draft | null {
    const key = this.key(conversation);
    return this.#pending.get(key) ?? parse(this.#storage.read(key));
  }

  /** Saves the text within half a second. Removes an empty one. */
  save(conversation: string | null, text: string, attachments: DraftFile[] = []): void {
    this.#pending.set(this.key(conversation), { text, attachments, saved_at: Date.now() });
    this.#timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  /** Removes the draft at once: it was sent. */
  remove(conversation: string | null): void {
    this.#pending.delete(this.key(conversation));
    this.#storage.write(this.key(conversation), null);
  }

  /** Writes unsaved drafts. Keeps a draft that another tab wrote later. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, draft] of this.#pending) {
      const stored = parse(this.#storage.read(key));
      if (stored && stored.saved_at > draft.saved_at) this.#pending.delete(key);
      else if (this.#write(key, draft)) this.#pending.delete(key);
    }
  }

  /** The storage key of a conversation's draft, for the `storage` event of other tabs. */
  key(conversation: string | null): string {
    return `${PREFIX}${this.#user}.${conversation ?? "new"}`;
  }

  /** The text of a stored draft; empty if there is none. */
  textOf(stored: string | null): string {
    return parse(stored)?.text ?? "";
  }

  #write(key: string, draft: Draft): boolean {
    if (draft.text === "" && draft.attachments.length === 0) return this.#storage.write(key, null);
    this.#makeRoom(key);
    return this.#storage.write(key, JSON.stringify(draft));
  }

  #makeRoom(key: string): void {
    const others = this.#storage.keys(PREFIX + this.#user).filter((each) => each !== key);
    const age = (each: string) => parse(this.#storage.read(each))?.saved_at ?? 0;
    others.sort((one, other) => age(one) - age(other));
    for (const oldest of others.slice(0, Math.max(0, others.length + 1 - MAX_DRAFTS)))
      this.#storage.write(oldest, null);
  }
}

/** Removes every draft of this user, at sign-out. */
export function removeDrafts(user: string, use: Storage = storage): void {
  for (const key of use.keys(PREFIX + user)) use.write(key, null);
}

function parse(stored: string | null): Draft | null {
  try {
    const draft = JSON.parse(stored ?? "null") as Partial<Draft> | null;
    if (typeof draft?.text !== "string") return null;
    const attachments = (draft.attachments ?? []).filter((file) => typeof file?.name === "string");
    return { text: draft.text, attachments, saved_at: draft.saved_at ?? 0 };
  } catch {
    return null;
  }
}
