import type { components, operations } from "$types/api";
import { api, body } from "../api/client.ts";
import type { ChatbotConversation } from "../chatbots/conversations.ts";

type Schemas = components["schemas"];

export type Talk = ChatbotConversation;
export type TalkDetail = Schemas["ChatbotConversationDetail"];
export type Message = TalkDetail["items"][number];
export type Note = TalkDetail["notes"][number];
export type TalkEvent = TalkDetail["events"][number];
export type Counts = Schemas["InboxCounts"];
export type Changes = Schemas["InboxConversationChanges"];
export type InboxChanges = Schemas["InboxChanges"];
export type Filter = Omit<NonNullable<operations["list_inbox"]["parameters"]["query"]>, "cursor" | "limit">;
export type Act = "claim" | "release" | "resolve";

const PAGE = 50;
const byId = (id: string) => ({ path: { id } });

/** The requests of the inbox to the API. Each throws ApiError for a refusal. */
export const backend = {
  list: async (filter: Filter, cursor: string | null) => {
    const query = { ...filter, limit: PAGE, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/inbox/conversations", { params: { query } }));
  },

  read: async (id: string): Promise<TalkDetail> =>
    body((await api()).GET("/api/inbox/conversations/{id}", { params: byId(id) })),

  change: async (id: string, changes: Changes): Promise<TalkDetail> =>
    body((await api()).PATCH("/api/inbox/conversations/{id}", { params: byId(id), body: changes })),

  /** The same `message_id` and text is stored only once. */
  write: async (id: string, content: string, message_id: string): Promise<void> => {
    const sent = { content, message_id };
    await body((await api()).POST("/api/inbox/conversations/{id}/messages", { params: byId(id), body: sent }));
  },

  act: async (id: string, act: Act): Promise<void> => {
    const path = `/api/inbox/conversations/{id}/${act}` as const;
    await body<unknown>((await api()).POST(path, { params: byId(id) }));
  },

  tags: async () => (await body((await api()).GET("/api/inbox/tags"))).items,

  changes: async (after: number | null): Promise<InboxChanges> =>
    body((await api()).GET("/api/inbox/changes", { params: { query: after === null ? {} : { after } } })),
};
