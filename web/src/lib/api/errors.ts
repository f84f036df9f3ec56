import type { components } from "$types/api";
import { rememberRefusal } from "../maintenance.ts";

export type ErrorBody = components["schemas"]["Error"] & {
  /** With `account_deleting`: when everything is erased. */
  deletes_at?: string;
};

/** An error of the API, or of the connection to it (`code` "network", `status` 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** The whole body, with the fields of the code (`alternatives`, `resets_at`, `message_id`, …). */
  readonly body: Partial<ErrorBody>;
  readonly requestId: string | null;
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Partial<ErrorBody>, requestId: string | null, retryAfter: number | null = null) {
    super(body.message ?? body.code ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 0 ? "network" : "unexpected");
    this.body = body;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** A thrown value as an ApiError. An unknown error is a fault of the page, with the code "unexpected". */
export function asApiError(failure: unknown): ApiError {
  return failure instanceof ApiError ? failure : new ApiError(500, {}, null);
}

/** The error of a response that is not ok. Its body can be anything: a proxy's page, nothing. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("retry-after")) || null;
  const requestId = response.headers.get("x-request-id");
  try {
    const body = (await response.json()) as { error?: ErrorBody; request_id?: string };
    rememberRefusal(body.error ?? {});
    return new ApiError(response.status, body.error ?? {}, body.request_id ?? requestId, retryAfter);
  } catch {
    return new ApiError(response.status, {}, requestId, retryAfter);
  }
}
