import { loadConfig } from "../config.ts";
import { ApiError, errorOf } from "./errors.ts";

/** What a public route answers to a visitor, whoever is signed in here: its answer can be cached, and no client of
 *  Supabase is loaded for it. Throws ApiError.
 *
 *  @param path with its query: `/api/subscription/plans`
 *  @param fresh asks even where the browser has an answer that is still good
 */
export async function publicGet<T>(path: string, fresh = false): Promise<T> {
  return (await send(path, fresh ? { cache: "no-cache" } : {})).json() as Promise<T>;
}

/** Sends JSON to a public route that answers with nothing. Throws ApiError. */
export async function publicPost(path: string, content: unknown): Promise<void> {
  const headers = { "content-type": "application/json" };
  await send(path, { method: "POST", headers, body: JSON.stringify(content) });
}

async function send(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    const { api_url } = await loadConfig();
    response = await fetch(`${api_url}${path}`, init);
  } catch {
    throw new ApiError(0, {}, null);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}
