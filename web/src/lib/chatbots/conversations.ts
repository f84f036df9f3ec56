import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];

export type ChatbotConversation = Schemas["ChatbotConversation"];
export type ChatbotConversationDetail = Schemas["ChatbotConversationDetail"];
export type ChatbotMessage = Schemas["ChatbotMessage"];

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
};

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
