import type { components } from "$types/api";
import { cleanCode, cleanLine } from "../typed/clean.ts";
import { parseNumber } from "../typed/numbers.ts";

export type NewApiKey = components["schemas"]["NewApiKey"];
export type ApiKey = components["schemas"]["ApiKey"];
export type Scope = ApiKey["scopes"][number];
/** The actions on one key. */
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

const CURRENCY = /^(?:US)?\$\s*/i;

/** The texts in the form of a key: texts, because half a number is no number. */
export interface KeyForm {
  name: string;
  scopes: Scope[];
  /** Ids or patterns, one per line; empty: every model. */
  models: string;
  /** A day as `2026-12-31`, until its end on this computer; empty: never. */
  expires: string;
  /** Dollars; empty: no budget. */
  budget: string;
  window: BudgetWindow;
  requests: string;
  tokens: string;
  parallel: string;
  /** Addresses or ranges, one per line; empty: all. */
  addresses: string;
}

export type KeyFormField = "name" | "scopes" | "expires_at" | "budget" | "limits";

/** An empty form, or one filled with the key to change. */
export function keyForm(key?: ApiKey): KeyForm {
  return {
    name: key?.name ?? "",
    scopes: key ? [...key.scopes] : ["chat", "models", "embeddings"],
    models: key?.models?.join("\n") ?? "",
    expires: key?.expires_at ? localDay(new Date(key.expires_at)) : "",
    budget: key?.budget ? dollars(key.budget.micro_usd) : "",
    window: key?.budget?.window ?? "month",
    requests: text(key?.limits?.requests_per_minute),
    tokens: text(key?.limits?.tokens_per_minute),
    parallel: text(key?.limits?.parallel),
    addresses: key?.ip_ranges?.join("\n") ?? "",
  };
}

/** The invalid fields. The API checks the maximum values. */
export function keyFormProblems(form: KeyForm, now: number = Date.now()): KeyFormField[] {
  const problems: KeyFormField[] = [];
  if (cleanLine(form.name) === "") problems.push("name");
  if (form.scopes.length === 0) problems.push("scopes");
  if (form.expires && !(endOfDay(form.expires) > now)) problems.push("expires_at");
  if (typeof microUsd(form.budget) === "string") problems.push("budget");
  if ([form.requests, form.tokens, form.parallel].some((each) => typeof limit(each) === "string"))
    problems.push("limits");
  return problems;
}

/** Whether the budget can mean two amounts: `1.000` is one in some countries and a thousand in others. */
export function budgetIsAmbiguous(form: KeyForm): boolean {
  return parseNumber(cleanLine(form.budget).replace(CURRENCY, ""), 6) === "ambiguous";
}

/** The body of the request, for a form without problems. */
export function keyRequest(form: KeyForm): Required<NewApiKey> {
  const micro_usd = sent(microUsd(form.budget));
  const limits = {
    requests_per_minute: sent(limit(form.requests)),
    tokens_per_minute: sent(limit(form.tokens)),
    parallel: sent(limit(form.parallel)),
  };
  return {
    name: cleanLine(form.name),
    scopes: SCOPES.filter((scope) => form.scopes.includes(scope)),
    models: lines(form.models),
    expires_at: form.expires ? new Date(endOfDay(form.expires)).toISOString() : null,
    budget: micro_usd === null ? null : { micro_usd, window: form.window },
    limits: Object.values(limits).some((each) => each !== null) ? limits : null,
    ip_ranges: lines(form.addresses),
  };
}

function text(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

/** A limit as typed: null for none, `wrong` unless it is a whole number of at least 1. */
function limit(typed: string): number | null | "wrong" {
  if (cleanLine(typed) === "") return null;
  const value = parseNumber(typed, 0);
  return typeof value === "number" && value > 0 ? value : "wrong";
}

function sent(value: number | null | "wrong"): number | null {
  return value === "wrong" ? null : value;
}

function lines(value: string): string[] | null {
  const given = value
    .split(/[\s,]+/)
    .map(cleanCode)
    .filter(Boolean);
  return given.length > 0 ? given : null;
}

/** A budget as typed, in micro-dollars: null for none, `wrong` for an invalid or ambiguous amount. */
function microUsd(typed: string): number | null | "wrong" {
  const amount = cleanLine(typed).replace(CURRENCY, "");
  if (amount === "") return cleanLine(typed) === "" ? null : "wrong";
  const value = parseNumber(amount, 6);
  return typeof value === "number" ? value : "wrong";
}

/** As typed: three decimals could mean thousands, so a fourth is added. */
function dollars(micro_usd: number): string {
  const text = String(micro_usd / 1_000_000);
  return /[.]\d{3}$/.test(text) ? `${text}0` : text;
}

function endOfDay(day: string): number {
  return new Date(`${day}T23:59:59`).getTime();
}

function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
