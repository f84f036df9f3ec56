import type { Asked, AskedDocuments } from "./asked_documents.ts";
import { ApiError } from "../api/errors.ts";
import { backend } from "../documents/backend.ts";
import { collections } from "../documents/collections.ts";

/** Reads the missing names of a question's documents and collections. Failed reads are repeated the next time. */
export async function readNames(known: AskedDocuments, { documents, collections: asked }: Asked): Promise<void> {
  const unknown = (id: string) => !known.names.value.has(id);
  const reading = documents.filter(unknown).map(async (id) => known.name([[id, await nameOf(id)]]));
  if (asked.some(unknown)) reading.push(nameCollections(known, asked));
  await Promise.allSettled(reading);
}

/** Null if the document is deleted. Throws ApiError. */
async function nameOf(id: string): Promise<string | null> {
  try {
    return (await backend.read(id))!.value.name;
  } catch (failure) {
    if (failure instanceof ApiError && failure.status === 404) return null;
    throw failure;
  }
}

async function nameCollections(known: AskedDocuments, asked: readonly string[]): Promise<void> {
  await collections.load();
  const now = collections.store.value;
  if (now.state !== "ready") return;
  const names = new Map(now.value.map(({ id, name }) => [id, name]));
  known.name(asked.map((id) => [id, names.get(id) ?? null]));
}
