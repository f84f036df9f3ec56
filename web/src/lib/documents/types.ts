import type { components, paths } from "$types/api";

type Schemas = components["schemas"];

export type Document = Schemas["Document"];
export type DocumentDetail = Schemas["DocumentDetail"];
export type DocumentPage = Schemas["DocumentPage"];
export type DocumentChanges = Schemas["DocumentChanges"];
export type DocumentTarget = Schemas["DocumentTarget"];
export type Chunk = Schemas["Chunk"];
export type Collection = Schemas["Collection"];
export type CollectionFields = Pick<Collection, "name" | "visibility">;
export type BulkAction = Schemas["DocumentBulkRequest"]["action"];
export type DocumentFilter = Omit<
  NonNullable<paths["/api/documents"]["get"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

export type UploadState = Schemas["UploadState"];
export type Quote = Schemas["Quote"];

/** The maximum number of documents and collections for one question. */
export const MAX_ASKED = 20;

/** A model's task for a document, at its owner's request. */
export type ModelWork = "read_pages" | "summary";

/** Whether it is being processed, so that the API soon has another state. */
export function isUnderWay({ status }: Pick<Document, "status">): boolean {
  return status !== "ready" && status !== "failed";
}

/** What a user sees of its status. */
export type ShownStatus = "processing" | "ready" | "failed";

/** The steps of its processing are one status for its owner. */
export function shownStatus({ status }: Pick<Document, "status">): ShownStatus {
  return status === "ready" || status === "failed" ? status : "processing";
}

/** Whether questions can use it: search by words works before search by meaning. */
export function isAskable({ status }: Pick<Document, "status">): boolean {
  return status === "ready" || status === "embedding";
}

/** Whether a model is writing its summary, so that the API soon has another state. */
export function isBeingSummarised({ summary_request }: Pick<DocumentDetail, "summary_request">): boolean {
  return summary_request?.state === "waiting";
}
