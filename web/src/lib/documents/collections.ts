import { offline } from "../offline.ts";
import { Resource } from "../state/resource.ts";
import { backend } from "./backend.ts";
import type { Collection, CollectionFields } from "./types.ts";

/** A user's collections, by name. */
export const collections = new Resource<Collection[]>(() => offline.read("collections", () => backend.collections()));

/** Creates a collection and returns it. Throws ApiError. */
export async function createCollection(fields: CollectionFields): Promise<Collection> {
  const made = await backend.createCollection(fields);
  await collections.load();
  return made;
}

/** Changes the given fields. Throws ApiError. */
export async function changeCollection(id: string, changes: Partial<CollectionFields>): Promise<void> {
  await backend.changeCollection(id, changes);
  await collections.load();
}

/** Deletes a collection. Its documents stay, without a collection. Throws ApiError. */
export async function removeCollection(id: string): Promise<void> {
  await backend.removeCollection(id);
  await collections.load();
}

/** Moves documents to a collection; null removes them from theirs. Throws ApiError; documents before the failure are
 *  moved. */
export async function move(ids: readonly string[], collection: string | null): Promise<void> {
  for (const id of ids) await backend.change(id, { collection_id: collection });
  await collections.load();
}
