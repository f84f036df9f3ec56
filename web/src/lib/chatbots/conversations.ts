import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];

export type ChatbotConversation = Schemas["ChatbotConversation"];
export type ChatbotConversationDetail = Schemas["ChatbotConversationDetail"];
export type ChatbotMessage = Schemas["ChatbotMessage"];
type Visitor = ChatbotConversation["visitor"];
export type ChatbotLead = Schemas["ChatbotLead"];
export type ChatbotLeadPage = Schemas["ChatbotLeadPage"];

const PAGE = 50;

/** The requests for visitors' conversations with a chatbot to the API. Each throws ApiError for a refusal. */
export const conversationsBackend = {
  list: async (id: string, cursor: string | null) => {
    const query = { limit: PAGE, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/chatbots/{id}/conversations", { params: { path: { id }, query } }));
  },

  read: async (id: string, conversation_id: string): Promise<ChatbotConversationDetail> =>
    body(
      (await api()).GET("/api/chatbots/{id}/conversations/{conversation_id}", {
        params: { path: { id, conversation_id } },
      }),
    ),

  leads: async (id: string, cursor: string | null): Promise<ChatbotLeadPage> => {
    const query = { limit: PAGE, ...(cursor && { cursor }) };
    const page = await body((await api()).GET("/api/chatbots/{id}/leads", { params: { path: { id }, query } }));
    // The type also has the text of the file, which was not asked for.
    return page as ChatbotLeadPage;
  },

  /** The newest leads as a CSV file. */
  leadsFile: async (id: string): Promise<Blob> => {
    const params = { path: { id }, query: { format: "csv" as const } };
    return (await body((await api()).GET("/api/chatbots/{id}/leads", { params, parseAs: "blob" }))) as unknown as Blob;
  },

  removeLead: async (id: string, lead_id: string): Promise<void> => {
    await body((await api()).DELETE("/api/chatbots/{id}/leads/{lead_id}", { params: { path: { id, lead_id } } }));
  },
};

/** Who a visitor is: their name, address or id as the website says, else as they say themselves; null: neither does. */
export function nameOf({ name, email, external_id, introduction }: Omit<Visitor, "id">): string | null {
  return name || email || external_id || introduction?.name || introduction?.email || null;
}

/** The question before each answer, by the answer's id. */
export function questionsOf(messages: readonly Pick<ChatbotMessage, "id" | "role" | "content">[]): Map<string, string> {
  const questions = new Map<string, string>();
  let question = "";
  for (const { id, role, content } of messages) {
    if (role === "user") question = content;
    else if (question) questions.set(id, question);
  }
  return questions;
}
