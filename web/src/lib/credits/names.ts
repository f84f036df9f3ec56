import { api, body } from "../api/client.ts";
import { offline } from "../offline.ts";
import { workspace } from "../workspace.ts";

/** What can have a limit or use of its own, by id. */
export interface Subjects {
  chatbot: Record<string, string>;
  member: Record<string, string>;
  api_key: Record<string, string>;
}

const MOST = 100;

/** The names of the workspace's chatbots, members (none in a personal workspace) and API keys: up to a hundred each. */
export async function readSubjects(): Promise<Subjects> {
  const [chatbots, members, keys] = await Promise.all([
    offline.read("credit-chatbots", async () => body((await api()).GET("/api/chatbots", limited))),
    workspace === null
      ? { items: [] }
      : offline.read("credit-members", async () => body((await api()).GET("/api/team/members", limited))),
    offline.read("api-keys", async () => body((await api()).GET("/api/user/api-keys"))),
  ]);
  return {
    chatbot: Object.fromEntries(chatbots.items.map(({ id, name }) => [id, name])),
    member: Object.fromEntries(members.items.map(({ user_id, name, email }) => [user_id, name ?? email ?? user_id])),
    api_key: Object.fromEntries(keys.items.map(({ id, name }) => [id, name])),
  };
}

const limited = { params: { query: { limit: MOST } } };
