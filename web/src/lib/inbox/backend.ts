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
export type Present = InboxChanges["present"][number];
export type Filter = Omit<NonNullable<operations["list_inbox"]["parameters"]["query"]>, "cursor" | "limit">;
export type Bulk = Schemas["InboxBulk"];
export type Member = Schemas["Member"];
export type SavedView = Omit<Schemas["InboxView"], "filter"> & { filter: Filter };
export type CannedReply = Schemas["CannedReply"];
export type DraftedReply = Schemas["DraftedReply"];
export type Act = "claim" | "release" | "resolve";

const PAGE = 50;
/** The last answer about changes, with its entity tag; null: there is none. */
let changesRead: { tag: string; answer: InboxChanges } | null = null;
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

  /** What a draft would hold of the plan. */
  quoteDraft: async (id: string): Promise<Schemas["Quote"]> =>
    (await body(
      (await api()).POST("/api/inbox/conversations/{id}/draft", { params: { ...byId(id), query: { preview: true } } }),
    )) as Schemas["Quote"],

  /** A reply that the chatbot writes. The same `message_id` is charged only once. */
  draft: async (id: string, message_id: string): Promise<DraftedReply> =>
    (await body(
      (await api()).POST("/api/inbox/conversations/{id}/draft", { params: byId(id), body: { message_id } }),
    )) as DraftedReply,

  act: async (id: string, act: Act): Promise<void> => {
    const path = `/api/inbox/conversations/{id}/${act}` as const;
    await body<unknown>((await api()).POST(path, { params: byId(id) }));
  },

  /** Applies one action to these conversations, or to all that the filter finds; returns how many it changed. One request
   *  changes at most 5,000: it is sent until none is left. */
  many: async (wanted: Bulk): Promise<number> => {
    let changed = 0;
    for (let more = true; more;) {
      const done = await body((await api()).POST("/api/inbox/conversations/bulk", { body: wanted }));
      changed += done.changed;
      more = done.more;
    }
    return changed;
  },

  /** Those who answer visitors in a team. */
  members: async (): Promise<Member[]> => {
    const query = { limit: 100 };
    const { items } = await body((await api()).GET("/api/team/members", { params: { query } }));
    return items.filter(({ role }) => role !== "viewer");
  },

  changeNote: async (id: string, note_id: string, content: string): Promise<void> => {
    const path = { path: { id, note_id } };
    await body(
      (await api()).PATCH("/api/inbox/conversations/{id}/notes/{note_id}", { params: path, body: { content } }),
    );
  },

  deleteNote: async (id: string, note_id: string): Promise<void> => {
    const path = { path: { id, note_id } };
    await body((await api()).DELETE("/api/inbox/conversations/{id}/notes/{note_id}", { params: path }));
  },

  tags: async () => (await body((await api()).GET("/api/inbox/tags"))).items,

  views: async (): Promise<SavedView[]> =>
    // What a stored filter has are the parameters of the list.
    (await body((await api()).GET("/api/inbox/views"))).items as SavedView[],

  addView: async (name: string, filter: Filter, shared: boolean): Promise<void> => {
    await body((await api()).POST("/api/inbox/views", { body: { name, filter, shared } as Schemas["NewView"] }));
  },

  deleteView: async (id: string): Promise<void> => {
    await body((await api()).DELETE("/api/inbox/views/{id}", { params: byId(id) }));
  },

  /** The canned replies whose names begin so, filled in for a conversation where one is named. */
  replies: async (prefix: string, conversation_id?: string): Promise<CannedReply[]> => {
    const query = { prefix, ...(conversation_id && { conversation_id }) };
    return (await body((await api()).GET("/api/inbox/replies", { params: { query } }))).items;
  },

  saveReply: async (id: string | null, reply: { name: string; content: string }): Promise<void> => {
    const client = await api();
    await body(
      id
        ? client.PATCH("/api/inbox/replies/{id}", { params: byId(id), body: reply })
        : client.POST("/api/inbox/replies", { body: reply }),
    );
  },

  deleteReply: async (id: string): Promise<void> => {
    await body((await api()).DELETE("/api/inbox/replies/{id}", { params: byId(id) }));
  },

  /** What changed after a number, and who looks at what. An answer that is the same as before is not sent again. */
  changes: async (after: number | null): Promise<InboxChanges> => {
    const headers = changesRead ? { "if-none-match": changesRead.tag } : {};
    const asked = { params: { query: after === null ? {} : { after } }, headers };
    const result = await (await api()).GET("/api/inbox/changes", asked);
    if (changesRead && result.response.status === 304) return changesRead.answer;
    const answer = await body(Promise.resolve(result));
    const tag = result.response.headers.get("etag");
    changesRead = tag ? { tag, answer } : null;
    return answer;
  },

  /** Says for half a minute that the user has the conversation open, and for seconds that they write in it. */
  bePresent: async (id: string, typing: boolean): Promise<void> => {
    await body((await api()).POST("/api/inbox/conversations/{id}/presence", { params: byId(id), body: { typing } }));
  },
};
