import { loadConfig } from "../config.ts";
import { ApiError, errorOf } from "./errors.ts";

/** The response of a public route for a visitor, also if a user is signed in: it can be cached, and needs no Supabase
 *  client. Throws ApiError.
 *
 *  @param path with its query: `/api/subscription/plans`
 *  @param fresh ignores a cached response that is still valid
 */
export async function publicGet<T>(path: string, fresh = false): Promise<T> {
  return (await send(path, fresh ? { cache: "no-cache" } : {})).json() as Promise<T>;
}

/** Sends JSON to a public route that responds without a body. Throws ApiError. */
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
