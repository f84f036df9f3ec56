// A small client as it is written against the generated types: that it compiles is the test.
import type { components, operations } from "./api";

type Schemas = components["schemas"];
type Code = Schemas["ErrorCode"];

/** A refusal, as a program reads it. */
class Refused extends Error {
  constructor(readonly code: Code, readonly body: Schemas["Refusal"]) {
    super(body.error.message);
  }
}

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api${path}`, { method, body: body ? JSON.stringify(body) : null });
  if (response.ok) return (await response.json()) as Answer;
  const refusal = (await response.json()) as Schemas["Refusal"];
  throw new Refused(refusal.error.code, refusal);
}

// A question needs its message and nothing else.
const question: Schemas["Question"] = { message: "hi" };

export async function quote(): Promise<number> {
  const quoted = await call<Schemas["Quote"]>("POST", "/quota/quote", question);
  return quoted.allowed ? quoted.lines.length : 0;
}

export async function titles(): Promise<(string | null)[]> {
  const query: operations["list_conversations"]["parameters"]["query"] = { limit: 20, archived: false };
  const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]));
  const page = await call<Schemas["ConversationPage"]>("GET", `/conversations?${search}`);
  return page.items.map((conversation) => conversation.title);
}

export async function mark(snippet: Schemas["SearchHit"]): Promise<string[]> {
  return snippet.highlights.map(([start, end]) => snippet.snippet.slice(start, end));
}

export function explain(error: unknown): string {
  if (!(error instanceof Refused)) throw error;
  switch (error.code) {
    case "quota_exceeded":
      return `${error.body.error.quota_key} is used up until ${error.body.error.resets_at}`;
    case "invalid_request":
      return (error.body.error.details ?? []).map((detail) => `${detail.field}: ${detail.message}`).join("\n");
    default:
      return error.message;
  }
}

// What may be left out, and what may not.
export const pro: Schemas["NewSubscription"] = { plan_id: "pro" };
export const link: Schemas["ShareRequest"] = { kind: "snapshot" };
export const now: Schemas["Cancellation"] = {};
// @ts-expect-error A link has a kind.
export const nothing: Schemas["ShareRequest"] = {};
// @ts-expect-error The list of codes is closed.
export const unknown: Code = "teapot";
// Fields of a response are always there, null where there is nothing to say.
export const nullable = (details: Schemas["BillingDetails"]): string => details.legal_name ?? "no name yet";
// @ts-expect-error It may be null.
export const required = (details: Schemas["BillingDetails"]): string => details.legal_name;
