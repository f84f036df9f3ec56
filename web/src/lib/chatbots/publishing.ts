import { Store } from "../state/store.ts";
import { backend } from "./backend.ts";

/** The questions that passed before the last publication on this page and do not now; null before the first one. */
export const worse = new Store<{ chatbot: string; questions: string[] } | null>(null);

/** Publishes the draft of the chatbot with this id, and tells `worse`. Throws ApiError for a refusal. */
export async function publish(id: string): Promise<void> {
  const published = await backend.publish(id);
  worse.set({ chatbot: id, questions: published.worse.map(({ question }) => question) });
}
