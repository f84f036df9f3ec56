import type { components } from "$types/api";

export type NewApiKey = components["schemas"]["NewApiKey"];
export type ApiKey = components["schemas"]["ApiKey"];
export type Scope = ApiKey["scopes"][number];
/** What can be done to one key. */
export type KeyAction = "change" | "usage" | "rotate" | "revoke";
export type BudgetWindow = components["schemas"]["Budget"]["window"];

export const SCOPES: readonly Scope[] = [
  "chat",
  "models",
  "embeddings",
  "usage:read",
  "conversations:read",
  "conversations:write",
  "documents:read",
  "documents:write",
];
export const BUDGET_WINDOWS: readonly BudgetWindow[] = ["day", "week", "month", "total"];

/** What is typed into the form of a key: texts, because half a number is none. */
export interface KeyForm {
  name: string;
  scopes: Scope[];
  /** Ids or patterns, one a line; nothing: every model. */
  models: string;
  /** A day as `2026-12-31`, to its end on this computer; empty: never. */
  expires: string;
  /** Dollars; empty: no budget. */
  budget: string;
  window: BudgetWindow;
  requests: string;
  tokens: string;
  parallel: string;
  /** Addresses or ranges, one a line; nothing: any. */
  addresses: string;
}

export type KeyFormField = "name" | "scopes" | "expires_at" | "budget" | "limits";

/** An empty form, or one filled with a key that is to be changed. */
export function keyForm(key?: ApiKey): KeyForm {
  return {
    name: key?.name ?? "",
    scopes: key ? [...key.scopes] : ["chat", "models", "embeddings"],
    models: key?.models?.join("\n") ?? "",
    expires: key?.expires_at ? localDay(new Date(key.expires_at)) : "",
    budget: key?.budget ? String(key.budget.micro_usd / 1_000_000) : "",
    window: key?.budget?.window ?? "month",
    requests: text(key?.limits?.requests_per_minute),
    tokens: text(key?.limits?.tokens_per_minute),
    parallel: text(key?.limits?.parallel),
    addresses: key?.ip_ranges?.join("\n") ?? "",
  };
}

/** The fields that are not filled in rightly. What they may be at most is the API's to say. */
export function keyFormProblems(form: KeyForm, now: number = Date.now()): KeyFormField[] {
  const problems: KeyFormField[] = [];
  if (form.name.trim() === "") problems.push("name");
  if (form.scopes.length === 0) problems.push("scopes");
  if (form.expires && !(endOfDay(form.expires) > now)) problems.push("expires_at");
  if (form.budget.trim() && !/^\d+([.,]\d{1,6})?$/.test(form.budget.trim())) problems.push("budget");
  if ([form.requests, form.tokens, form.parallel].some((each) => each.trim() && !/^[1-9]\d*$/.test(each.trim())))
    problems.push("limits");
  return problems;
}

/** The body of the request, for a form without problems. */
export function keyRequest(form: KeyForm): Required<NewApiKey> {
  const limits = {
    requests_per_minute: number(form.requests),
    tokens_per_minute: number(form.tokens),
    parallel: number(form.parallel),
  };
  return {
    name: form.name.trim(),
    scopes: SCOPES.filter((scope) => form.scopes.includes(scope)),
    models: lines(form.models),
    expires_at: form.expires ? new Date(endOfDay(form.expires)).toISOString() : null,
    budget: form.budget.trim() ? { micro_usd: microUsd(form.budget.trim()), window: form.window } : null,
    limits: Object.values(limits).some((each) => each !== null) ? limits : null,
    ip_ranges: lines(form.addresses),
  };
}

function text(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

function number(value: string): number | null {
  return value.trim() ? Number(value.trim()) : null;
}

function lines(value: string): string[] | null {
  const given = value.split(/[\s,]+/).filter(Boolean);
  return given.length > 0 ? given : null;
}

/** From the digits: 0.1 dollars are 100,000, and not what 0.1 × 1,000,000 may come to. */
function microUsd(dollars: string): number {
  const [whole = "0", fraction = ""] = dollars.split(/[.,]/);
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, "0"));
}

function endOfDay(day: string): number {
  return new Date(`${day}T23:59:59`).getTime();
}

function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
