import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];
type Naming = Pick<Schemas["Chatbot"], "draft" | "published">;

const PAGE = 100;

/** Whether the draft or the published version of the chatbot names one of the documents and collections. */
export function names({ draft, published }: Naming, ids: ReadonlySet<string>): boolean {
  return [draft, published].some((each) => {
    const { documents, collections } = each?.knowledge ?? {};
    return [...(documents ?? []), ...(collections ?? [])].some((id) => ids.has(id));
  });
}

/** The workspace's chatbots that name one of the documents and collections. Throws ApiError. */
export async function chatbotsNaming(ids: ReadonlySet<string>): Promise<Schemas["DocumentChatbot"][]> {
  const found: Schemas["DocumentChatbot"][] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = { limit: PAGE, ...(cursor && { cursor }) };
    const page = await body((await api()).GET("/api/chatbots", { params: { query } }));
    found.push(...page.items.filter((each) => names(each, ids)).map(({ id, name }) => ({ id, name })));
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}
