import { Store } from "../state/store.ts";
import type { ShownMessage } from "./live_answer.ts";
import type { Question } from "./types.ts";

/** The ids of the documents and collections that a question is about. */
export interface Asked {
  documents: readonly string[];
  collections: readonly string[];
}

const NOTHING: Asked = { documents: [], collections: [] };

/** The documents and collections of a stored question. */
export function askedOf(metadata: Record<string, unknown> | undefined): Asked {
  const ids = (value: unknown) => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : []);
  return { documents: ids(metadata?.documents), collections: ids(metadata?.collections) };
}

/** The documents and collections of the next question: the choice, or those of the previous question. */
export function askedNow(chosen: Asked | null, thread: readonly ShownMessage[]): Asked {
  return chosen ?? askedOf(thread.findLast(({ role }) => role === "user")?.metadata);
}

/** The documents and collections of a question that is being sent, as its metadata will have them. */
export function askedBy(question: Question, before: ShownMessage | undefined): Partial<Asked> {
  const named = question.documents || question.collections;
  const { documents, collections } = named ? askedOf(question) : askedOf(before?.metadata);
  return { ...(documents.length > 0 && { documents }), ...(collections.length > 0 && { collections }) };
}

/** The documents and collections for the next questions of a conversation. */
export class AskedDocuments {
  /** Null: those of the previous question, which the API knows. */
  readonly chosen = new Store<Asked | null>(null);
  /** Names by id; null for a deleted item. */
  readonly names = new Store<ReadonlyMap<string, string | null>>(new Map());

  /** Adds a document or a collection to `now`, or removes it. */
  choose(now: Asked, kind: keyof Asked, id: string, on: boolean): void {
    const others = now[kind].filter((each) => each !== id);
    this.chosen.set({ ...now, [kind]: on ? [...others, id] : others });
  }

  /** Removes all documents and collections. */
  clear(): void {
    this.chosen.set(NOTHING);
  }

  /** The fields to send; none if the API should use those of the previous question. */
  toQuestion(): Pick<Question, "documents" | "collections"> {
    const { value } = this.chosen;
    return value ? { documents: [...value.documents], collections: [...value.collections] } : {};
  }

  /** A question was sent with these, so it is the previous question now. A later choice stays. */
  arrived(sent: Asked | null): void {
    if (this.chosen.value === sent) this.chosen.set(null);
  }

  /** Remembers names. */
  name(names: Iterable<readonly [id: string, name: string | null]>): void {
    this.names.update((known) => new Map([...known, ...names]));
  }
}
