import type { ApiError } from "../api/errors.ts";
import { Store } from "../store.ts";
import type { Question, ShownMessage } from "./types.ts";

/** What a question is asked about: ids of documents, and of collections. */
export interface Asked {
  documents: readonly string[];
  collections: readonly string[];
}

/** A file that becomes a document, which the next question is to be asked about. */
export interface PendingDocument {
  key: number;
  name: string;
  state: "sending" | "reading" | "failed";
  percent: number;
  failure: ApiError | null;
  /** Why it could not be read, in the API's words. */
  problem: string | null;
}

/** How many documents and collections the API takes with one question. */
export const MOST_ASKED = 20;

const NOTHING: Asked = { documents: [], collections: [] };

/** What a kept question was asked about. */
export function askedOf(metadata: Record<string, unknown> | undefined): Asked {
  const ids = (value: unknown) => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : []);
  return { documents: ids(metadata?.documents), collections: ids(metadata?.collections) };
}

/** What the next question is asked about: what was chosen, or else that of the question before. */
export function askedNow(chosen: Asked | null, thread: readonly ShownMessage[]): Asked {
  return chosen ?? askedOf(thread.findLast(({ role }) => role === "user")?.metadata);
}

/** What a question that is on its way is asked about, as its metadata will have it. */
export function askedBy(question: Question, before: ShownMessage | undefined): Partial<Asked> {
  const named = question.documents || question.collections;
  const { documents, collections } = named ? askedOf(question) : askedOf(before?.metadata);
  return { ...(documents.length > 0 && { documents }), ...(collections.length > 0 && { collections }) };
}

/** The documents and collections that go with the next questions of a conversation. */
export class AskedDocuments {
  /** Null: those of the question before, which the API knows. */
  readonly chosen = new Store<Asked | null>(null);
  readonly pending = new Store<readonly PendingDocument[]>([]);
  /** Names by id; null for what is gone. */
  readonly names = new Store<ReadonlyMap<string, string | null>>(new Map());
  #last = 0;

  /** Whether all of them can be asked about. */
  get ready(): boolean {
    return this.pending.value.length === 0;
  }

  /** Adds a document or a collection to `now`, or takes it away. */
  choose(now: Asked, kind: keyof Asked, id: string, on: boolean): void {
    const others = now[kind].filter((each) => each !== id);
    this.chosen.set({ ...now, [kind]: on ? [...others, id] : others });
  }

  /** Asks about nothing from now on. */
  clear(): void {
    this.chosen.set(NOTHING);
  }

  /** Those to send: nothing where the API takes those of the question before. */
  toQuestion(): Pick<Question, "documents" | "collections"> {
    const { value } = this.chosen;
    return value ? { documents: [...value.documents], collections: [...value.collections] } : {};
  }

  /** A question was sent with these: it is the one before now. What was chosen since stays. */
  arrived(sent: Asked | null): void {
    if (this.chosen.value === sent) this.chosen.set(null);
  }

  /** Remembers names that were read. */
  name(names: Iterable<readonly [id: string, name: string | null]>): void {
    this.names.update((known) => new Map([...known, ...names]));
  }

  /** Sends a file, and adds its document when it can be asked about. */
  async upload(file: File, now: () => Asked): Promise<void> {
    const key = ++this.#last;
    const document = { key, name: file.name, state: "sending", percent: 0, failure: null, problem: null } as const;
    this.pending.update((all) => [...all, document]);
    const { attach } = await import("../documents/attach.ts");
    await attach(file, {
      wanted: () => this.pending.value.some((each) => each.key === key),
      change: (changes) => this.#change(key, changes),
      ready: (id, name) => {
        this.name([[id, name]]);
        this.choose(now(), "documents", id, true);
        this.take(key);
      },
    });
  }

  /** Takes a file away that is on its way, or could not be read. */
  take(key: number): void {
    this.pending.update((all) => all.filter((each) => each.key !== key));
  }

  #change(key: number, changes: Partial<PendingDocument>): void {
    this.pending.update((all) => all.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  }
}
