import type { components, operations, paths } from "$types/api";
import { api, body } from "../api/client.ts";
import type { ChatbotConversation } from "./conversations.ts";

type Schemas = components["schemas"];

/** What a chatbot names and who asked are known once it was read by itself. */
export type Chatbot = Schemas["Chatbot"] &
  Partial<Pick<Schemas["ChatbotDetail"], "knowledge"> & { recent_conversations: ChatbotConversation[] }>;
export type LinkedKnowledge = Schemas["LinkedKnowledge"];
export type NewChatbot = Schemas["NewChatbot"];
export type ChatbotChanges = Schemas["ChatbotChanges"];
export type Configuration = Schemas["Configuration"];
export type Limits = Schemas["Limits"];
export type ChatbotVersion = Schemas["ChatbotVersion"];
export type EmbedCodes = Schemas["EmbedCode"];
/** What a move does with the documents that the chatbot is asked from. */
export type MovedDocuments = Schemas["ChatbotMove"]["documents"];
export type UseCase = NonNullable<Chatbot["use_case"]>;
export type Mode = NonNullable<Schemas["Knowledge"]["mode"]>;
/** What a deletion takes along. */
export type Deletion = Required<NonNullable<operations["delete_chatbot"]["parameters"]["query"]>>;
export type ChatbotFilter = Omit<NonNullable<paths["/api/chatbots"]["get"]["parameters"]["query"]>, "cursor" | "limit">;

export const USE_CASES: readonly UseCase[] = ["support", "sales", "faq", "booking", "internal", "tutoring"];
export const MODES: readonly Mode[] = ["documents_only", "documents_first", "general"];

const PAGE = 50;
const byId = (id: string) => ({ path: { id } });

/** The requests of the chatbots' pages to the API. Each throws ApiError for a refusal. */
export const backend = {
  list: async (filter: ChatbotFilter, cursor: string | null) => {
    const query = { ...filter, limit: PAGE, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/chatbots", { params: { query } }));
  },

  read: async (id: string): Promise<Chatbot> => body((await api()).GET("/api/chatbots/{id}", { params: byId(id) })),

  create: async (made: NewChatbot): Promise<Chatbot> => body((await api()).POST("/api/chatbots", { body: made })),

  change: async (id: string, changes: ChatbotChanges): Promise<Chatbot> =>
    body((await api()).PATCH("/api/chatbots/{id}", { params: byId(id), body: changes })),

  publish: async (id: string) => body((await api()).POST("/api/chatbots/{id}/publish", { params: byId(id) })),

  toggle: async (id: string) => body((await api()).POST("/api/chatbots/{id}/toggle", { params: byId(id) })),

  duplicate: async (id: string, with_knowledge: boolean): Promise<Chatbot> =>
    body((await api()).POST("/api/chatbots/{id}/duplicate", { params: byId(id), body: { with_knowledge } })),

  move: async (id: string, workspace_id: string, documents: MovedDocuments): Promise<Chatbot> =>
    body((await api()).POST("/api/chatbots/{id}/move", { params: byId(id), body: { workspace_id, documents } })),

  reset: async (id: string): Promise<Chatbot> =>
    body((await api()).POST("/api/chatbots/{id}/reset", { params: byId(id) })),

  remove: async (id: string, query: Deletion): Promise<void> => {
    await body((await api()).DELETE("/api/chatbots/{id}", { params: { ...byId(id), query } }));
  },

  restore: async (id: string): Promise<Chatbot> =>
    body((await api()).POST("/api/chatbots/{id}/restore", { params: byId(id) })),

  versions: async (id: string, cursor: string | null) => {
    const query = { limit: PAGE, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/chatbots/{id}/versions", { params: { ...byId(id), query } }));
  },

  embedCode: async (id: string) => body((await api()).GET("/api/chatbots/{id}/embed-code", { params: byId(id) })),

  restoreVersion: async (id: string, version: number): Promise<Chatbot> =>
    body((await api()).POST("/api/chatbots/{id}/versions/{version}/restore", { params: { path: { id, version } } })),
};
