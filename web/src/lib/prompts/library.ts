import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import type { PromptText } from "./markdown_file.ts";

export type Prompt = components["schemas"]["Prompt"];
export type PromptPage = components["schemas"]["PromptPage"];
export type IfExists = NonNullable<components["schemas"]["NewPrompts"]["if_exists"]>;

/** The API's limits of one request. */
const MAX_AT_ONCE = 100;
const BODY_BYTES = 500_000;

/** A page of the user's prompts by name, of those whose names contain these words. Throws ApiError. */
export async function readPrompts(
  query: { q?: string; cursor?: string | null; limit?: number },
  signal?: AbortSignal,
): Promise<PromptPage> {
  const { q, cursor, limit } = query;
  const params = { query: { ...(q && { q }), ...(cursor && { cursor }), ...(limit && { limit }) } };
  return body((await api()).GET("/api/user/prompts", { params, ...(signal && { signal }) }));
}

/** All prompts of the user, by name. Throws ApiError. */
export async function readAllPrompts(): Promise<Prompt[]> {
  const all: Prompt[] = [];
  let cursor: string | null = null;
  do {
    const page: PromptPage = await readPrompts({ cursor, limit: MAX_AT_ONCE });
    all.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}

/** Stores one prompt. Throws ApiError, also for a name that is taken. */
export async function createPrompt(prompt: PromptText): Promise<void> {
  await body((await api()).POST("/api/user/prompts", { body: { prompts: [prompt], if_exists: "refuse" } }));
}

/** Changes a prompt. Throws ApiError. */
export async function changePrompt(id: string, prompt: PromptText): Promise<void> {
  const params = { path: { id } };
  await body((await api()).PATCH("/api/user/prompts/{id}", { params, body: prompt }));
}

/** Deletes a prompt. Throws ApiError. */
export async function deletePrompt(id: string): Promise<void> {
  await body((await api()).DELETE("/api/user/prompts/{id}", { params: { path: { id } } }));
}

/** Stores many prompts, request after request. Returns how many were stored: others have a name that is taken. Throws
 *  ApiError; what was stored before remains, so that the same import can be repeated. */
export async function importPrompts(prompts: readonly PromptText[], ifExists: IfExists): Promise<number> {
  let stored = 0;
  for (const batch of batches(prompts)) {
    const made = await body((await api()).POST("/api/user/prompts", { body: { prompts: batch, if_exists: ifExists } }));
    stored += made.items.length;
  }
  return stored;
}

/** Divides prompts into requests that the API accepts. */
export function batches(prompts: readonly PromptText[]): PromptText[][] {
  const all: PromptText[][] = [];
  let bytes = 0;
  for (const prompt of prompts) {
    const size = new TextEncoder().encode(JSON.stringify(prompt)).length;
    const last = all.at(-1);
    if (!last || last.length === MAX_AT_ONCE || bytes + size > BODY_BYTES) {
      all.push([prompt]);
      bytes = size;
    } else {
      last.push(prompt);
      bytes += size;
    }
  }
  return all;
}
