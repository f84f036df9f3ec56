import { api, body } from "../api/client.ts";
import { put } from "../api/put.ts";
import type {
  BulkAction,
  Collection,
  CollectionFields,
  DocumentChanges,
  DocumentDetail,
  DocumentFilter,
  DocumentPage,
  DocumentTarget,
  ModelWork,
  Quote,
  UploadState,
} from "./types.ts";

/** A response and its entity tag. */
export interface Tagged<T> {
  value: T;
  etag: string | null;
}

type Query = DocumentFilter & { limit?: number; cursor?: string };

/** The maximum number of documents in one change. */
const BULK = 200;
const MAX_COLLECTIONS = 100;

const byId = (id: string) => ({ path: { id } });

/** The requests of the documents' pages to the API. Each throws ApiError for a refusal. */
export const backend = {
  /** A page of documents; null if it still matches `etag`. */
  list: (query: Query, etag: string | null = null): Promise<Tagged<DocumentPage> | null> =>
    tagged(etag, async (headers) => (await api()).GET("/api/documents", { params: { query }, headers })),

  /** One document; null if it still matches `etag`. */
  read: (id: string, etag: string | null = null): Promise<Tagged<DocumentDetail> | null> =>
    tagged(etag, async (headers) => (await api()).GET("/api/documents/{id}", { params: byId(id), headers })),

  open: async (file: { name: string; type: string; size: number; collection_id?: string }): Promise<DocumentTarget> =>
    body((await api()).POST("/api/documents", { body: { tags: [], ...file } })),

  /** The address for uploading an attached file. */
  openUpload: async (file: { name: string; type: string; size: number }) =>
    body((await api()).POST("/api/uploads", { body: file })),

  /** The progress of that file; null if it still matches `etag`. */
  upload: (id: string, etag: string | null = null): Promise<Tagged<UploadState> | null> =>
    tagged(etag, async (headers) => (await api()).GET("/api/uploads/{id}", { params: byId(id), headers })),

  /** Uploads the file. `onprogress` takes percent. */
  put,

  change: async (id: string, changes: DocumentChanges) =>
    body((await api()).PUT("/api/documents/{id}", { params: byId(id), body: changes })),

  remove: async (id: string): Promise<void> => {
    await body((await api()).DELETE("/api/documents/{id}", { params: byId(id) }));
  },

  reprocess: async (id: string) => body((await api()).POST("/api/documents/{id}/reprocess", { params: byId(id) })),

  /** What a model would use to read its pages or summarise it; without `model`, the default one. */
  quote: async (id: string, work: ModelWork, model: string): Promise<Quote> => {
    const quoted = { document_id: id, read_pages: work === "read_pages", summary: work === "summary" };
    return body((await api()).POST("/api/quota/quote", { body: { ...quoted, ...(model && { model }) } }));
  },

  readPages: async (id: string, model: string) =>
    body(
      (await api()).POST("/api/documents/{id}/reprocess", {
        params: byId(id),
        body: { read_pages: true, ...(model && { model }) },
      }),
    ),

  summarise: async (id: string, model: string) =>
    body((await api()).POST("/api/documents/{id}/summary", { params: byId(id), body: { ...(model && { model }) } })),

  link: async (id: string) => body((await api()).GET("/api/documents/{id}/download", { params: byId(id) })),

  figures: async (id: string) => body((await api()).GET("/api/documents/{id}/stats", { params: byId(id) })),

  chunks: async (id: string, cursor: string | null) => {
    const query = { limit: 50, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/documents/{id}/chunks", { params: { ...byId(id), query } }));
  },

  search: async (q: string, cursor: string | null, signal: AbortSignal) => {
    const query = { q, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/documents/search", { params: { query }, signal }));
  },

  /** Changes many documents. Skips documents that have been deleted. */
  async bulk(ids: readonly string[], action: BulkAction, tags?: string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += BULK) {
      const request = { ids: ids.slice(at, at + BULK), action, ...(tags && { tags }) };
      await body((await api()).POST("/api/documents/bulk", { body: request }));
    }
  },

  /** All collections, by name. */
  async collections(): Promise<Collection[]> {
    const all: Collection[] = [];
    let cursor: string | null = null;
    do {
      const query: { limit: number; cursor?: string } = { limit: MAX_COLLECTIONS, ...(cursor && { cursor }) };
      const page = await body((await api()).GET("/api/collections", { params: { query } }));
      all.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return all;
  },

  createCollection: async (fields: CollectionFields) => body((await api()).POST("/api/collections", { body: fields })),

  changeCollection: async (id: string, changes: Partial<CollectionFields>) =>
    body((await api()).PATCH("/api/collections/{id}", { params: byId(id), body: changes })),

  removeCollection: async (id: string): Promise<void> => {
    await body((await api()).DELETE("/api/collections/{id}", { params: byId(id) }));
  },
};

export type Backend = typeof backend;

type Result<T> = { data?: T; response: Response; error?: unknown };

async function tagged<T>(
  etag: string | null,
  ask: (headers: Record<string, string>) => Promise<Result<T>>,
): Promise<Tagged<T> | null> {
  const result = await ask(etag ? { "if-none-match": etag } : {});
  if (result.response.status === 304) return null;
  return { value: await body(Promise.resolve(result)), etag: result.response.headers.get("etag") };
}
