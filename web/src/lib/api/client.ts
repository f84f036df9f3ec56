import createClient, { type Client } from "openapi-fetch";
import type { paths } from "$types/api";
import { secondFactor } from "../auth/second_factor.ts";
import { session } from "../auth/session.ts";
import { loadConfig } from "../config.ts";
import { rememberRefusal, rememberSuccess } from "../maintenance.ts";
import { workspaceOf } from "../workspace.ts";
import { ApiError, errorOf } from "./errors.ts";

/** `fetch` with the signed-in user's token. If the API refuses the token, renews it and sends the request once more.
 *  If the API asks for the second factor, waits until the user has entered the code, and sends the request once more.
 *  If the session is over, the page goes to sign-in. Throws ApiError if no response arrives, or if an expired token
 *  cannot be renewed for now. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await renewedFetch(request);
  if (response.status !== 403 || (await errorIn(response))?.code !== "second_factor_required") return response;
  return (await secondFactor.ask()) ? renewedFetch(again) : response;
}

async function renewedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const token = await session.token();
  const response = await send(request, token);
  if (response.status !== 401 || !token) return response;
  if (await endsSession(response)) return response;
  const renewed = await session.refresh(token);
  if (!renewed) return response;
  const repeated = await send(again, renewed);
  if (repeated.status === 401) await endsSession(repeated);
  return repeated;
}

/** Whether a response says that the session was ended; if so, forgets the session. Any other 401 can come from a proxy
 *  or a wrong clock. */
async function endsSession(response: Response): Promise<boolean> {
  if ((await errorIn(response))?.reason !== "session_ended") return false;
  session.forget();
  return true;
}

/** The error in a response, which stays readable; undefined if it has none. */
async function errorIn(response: Response): Promise<{ code?: string; reason?: string } | undefined> {
  const answer = (await response
    .clone()
    .json()
    .catch(() => null)) as { error?: { code?: string; reason?: string } } | null;
  return answer?.error;
}

async function send(request: Request, token: string | null): Promise<Response> {
  if (token) request.headers.set("authorization", `Bearer ${token}`);
  const workspace = workspaceOf(request.url);
  if (workspace) request.headers.set("oneai-workspace", workspace);
  try {
    return await fetch(request);
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === "AbortError") throw failure;
    throw new ApiError(0, {}, null);
  }
}

let client: Promise<Client<paths>> | undefined;

/** The typed client: `(await api()).GET("/api/me")`. */
export function api(): Promise<Client<paths>> {
  client ??= loadConfig()
    .then(({ api_url }) => createClient<paths>({ baseUrl: api_url || location.origin, fetch: authorizedFetch }))
    .catch(() => {
      client = undefined;
      throw new ApiError(0, {}, null);
    });
  return client;
}

/** The body of a result of `api()`. Throws ApiError for an error response. */
export async function body<T>(result: Promise<{ data?: T; response: Response; error?: unknown }>): Promise<T> {
  const { data, error, response } = await result;
  if (response.ok) {
    rememberSuccess();
    return data as T;
  }
  const { error: refusal, request_id } = (error ?? {}) as { error?: ApiError["body"]; request_id?: string };
  if (!refusal) throw await errorOf(response);
  rememberRefusal(refusal);
  const retryAfter = Number(response.headers.get("retry-after")) || null;
  throw new ApiError(response.status, refusal, request_id ?? response.headers.get("x-request-id"), retryAfter);
}
