import { api, body } from "../api/client.ts";
import { backend } from "./backend.ts";
import type { Chat } from "./chat.ts";

/** Copies a colleague's conversation, and shows the copy in its place. One question makes one copy, also if it is sent
 *  again. Throws ApiError. */
export async function continueInCopy(chat: Chat, messageId: string): Promise<void> {
  const params = { path: { id: chat.conversation.id! }, header: { "Idempotency-Key": messageId } };
  const copy = await body((await api()).POST("/api/conversations/{id}/copy", { params }));
  const { messages: _, ...details } = await backend.conversation(copy.conversation_id);
  chat.adopt(details);
  await chat.refresh();
}
