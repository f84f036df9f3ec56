import { Store } from "../state/store.ts";
import type { ShownMessage } from "./live_answer.ts";
import type { Question } from "./types.ts";

/** What a question is asked about: ids of documents, and of collections. */
export interface Asked {
  documents: readonly string[];
  collections: readonly string[];
}

/** How many documents and collections the API takes with one question. */
export const MAX_ASKED = 20;

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
  /** Names by id; null for what is gone. */
  readonly names = new Store<ReadonlyMap<string, string | null>>(new Map());

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
}
