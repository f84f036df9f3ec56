import { api, authorizedFetch, body } from "../api/client.ts";
import { loadConfig } from "../config.ts";
import { offline } from "../offline.ts";
import type { components, paths } from "$types/api";
import type { Question } from "./types.ts";

type ConversationChanges = components["schemas"]["ConversationChanges"];
type NewConversation = components["schemas"]["NewConversation"];

type MessageFilter = Pick<
  NonNullable<paths["/api/conversations/{id}/messages"]["get"]["parameters"]["query"]>,
  "role" | "direction" | "starting_after"
>;

/** Messages per page, the API's maximum. */
const PAGE = 100;

async function stream(path: string, init: RequestInit): Promise<Response> {
  const { api_url } = await loadConfig();
  return authorizedFetch(new Request(`${api_url || location.origin}/api/chat/stream${path}`, init));
}

/** The chat's requests to the API. Each throws ApiError for a refusal. */
export const backend = {
  ask: (question: Question, signal: AbortSignal) =>
    stream("", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      signal,
    }),

  resume: (messageId: string, position: number, signal: AbortSignal) =>
    stream(`/${messageId}`, { headers: { "last-event-id": String(position) }, signal }),

  stop: async (message_id: string) => body((await api()).POST("/api/chat/stop", { body: { message_id } })),

  conversation: (id: string) =>
    offline.read(`conversation ${id}`, async () =>
      body((await api()).GET("/api/conversations/{id}", { params: { path: { id } } })),
    ),

  begin: async (conversation: NewConversation) =>
    body((await api()).POST("/api/conversations", { body: conversation })),

  change: async (id: string, changes: ConversationChanges) =>
    body((await api()).PATCH("/api/conversations/{id}", { params: { path: { id } }, body: changes })),

  messages: (id: string, cursor: string | null, filter: MessageFilter = {}) => {
    const query = { limit: PAGE, ...filter, ...(cursor ? { cursor } : {}) };
    return offline.read(`messages ${id} ${JSON.stringify(query)}`, async () =>
      body((await api()).GET("/api/conversations/{id}/messages", { params: { path: { id }, query } })),
    );
  },

  revisions: async (id: string, mid: string) =>
    body((await api()).GET("/api/conversations/{id}/messages/{mid}/revisions", { params: { path: { id, mid } } })),

  reasoning: async (id: string, mid: string) =>
    body((await api()).GET("/api/conversations/{id}/messages/{mid}/reasoning", { params: { path: { id, mid } } })),

  summary: async (id: string) =>
    body((await api()).GET("/api/conversations/{id}/summary", { params: { path: { id } } })),

  activate: async (id: string, mid: string) =>
    body((await api()).POST("/api/conversations/{id}/messages/{mid}/activation", { params: { path: { id, mid } } })),

  correct: async (id: string, mid: string, content: string) =>
    body(
      (await api()).PATCH("/api/conversations/{id}/messages/{mid}", {
        params: { path: { id, mid } },
        body: { content },
      }),
    ),

  rate: async (id: string, mid: string, rating: 1 | -1, note?: string) =>
    body(
      (await api()).PUT("/api/conversations/{id}/messages/{mid}/feedback", {
        params: { path: { id, mid } },
        body: { rating, ...(note ? { note } : {}) },
      }),
    ),

  receipt: async (id: string, mid: string) =>
    body((await api()).GET("/api/conversations/{id}/messages/{mid}/receipt", { params: { path: { id, mid } } })),

  quote: async (question: Question) => body((await api()).POST("/api/quota/quote", { body: question })),

  quota: async () => body((await api()).GET("/api/quota/status")),

  models: async () => body((await api()).GET("/api/chat/models")),

  upload: async (upload: components["schemas"]["NewUpload"]) =>
    body((await api()).POST("/api/uploads", { body: upload })),
  put: (url: string, headers: Record<string, string>, file: Blob) => fetch(url, { method: "PUT", headers, body: file }),
};

export type Backend = typeof backend;
