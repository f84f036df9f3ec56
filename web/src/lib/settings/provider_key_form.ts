import type { components } from "$types/api";
import { cleanCode, cleanLine } from "../typed/clean.ts";
import { parseNumber } from "../typed/numbers.ts";

export type ProviderKey = components["schemas"]["ProviderKey"];
export type NewProviderKey = components["schemas"]["NewProviderKey"];
export type ProviderKeyChanges = components["schemas"]["ProviderKeyChanges"];
export type Provider = ProviderKey["provider"];
export type Fallback = ProviderKey["fallback"];

export const PROVIDERS: readonly Provider[] = ["openai", "anthropic", "gemini", "openrouter", "replicate", "custom"];
export const FALLBACKS: readonly Fallback[] = ["none", "plan", "credits", "plan_then_credits"];

const CURRENCY = /^(?:US)?\$\s*/i;

/** The texts in the form of a key: texts, because half a number is no number. */
export interface ProviderKeyForm {
  provider: Provider;
  name: string;
  /** The key itself; empty: the stored one stays. */
  key: string;
  /** The address of a custom provider. */
  address: string;
  /** Ids of models of a custom provider, one per line or with commas; empty: those that it lists. */
  models: string;
  /** Dollars; empty: no limit. */
  day: string;
  month: string;
  answers: string;
  fallback: Fallback;
  fallbackAnswers: string;
}

export type ProviderKeyField = "name" | "key" | "base_url" | "day" | "month" | "answers" | "fallbackAnswers";

/** An empty form, or one filled with the key to change. */
export function providerKeyForm(key?: ProviderKey): ProviderKeyForm {
  return {
    provider: key?.provider ?? "openai",
    name: key?.name ?? "",
    key: "",
    address: key?.base_url ?? "",
    models: key?.models?.join("\n") ?? "",
    day: dollars(key?.limits.micro_usd_per_day),
    month: dollars(key?.limits.micro_usd_per_month),
    answers: text(key?.limits.answers_per_day),
    fallback: key?.fallback ?? "none",
    fallbackAnswers: text(key?.limits.fallback_answers_per_day),
  };
}

/** The provider that a pasted key looks like; a hint only, because forms of keys change. */
export function providerOf(key: string): Provider | null {
  const typed = cleanCode(key);
  if (typed.startsWith("sk-ant-")) return "anthropic";
  if (typed.startsWith("sk-or-")) return "openrouter";
  if (typed.startsWith("sk-")) return "openai";
  if (typed.startsWith("AIza")) return "gemini";
  return typed.startsWith("r8_") ? "replicate" : null;
}

/** The invalid fields. `stored` is the key to change. The API checks addresses and maximum values. */
export function providerKeyProblems(form: ProviderKeyForm, stored?: ProviderKey): ProviderKeyField[] {
  const problems: ProviderKeyField[] = [];
  if (cleanLine(form.name) === "") problems.push("name");
  const moved = form.provider === "custom" && stored !== undefined && cleanCode(form.address) !== stored.base_url;
  if (cleanCode(form.key) === "" && (!stored || moved)) problems.push("key");
  if (form.provider === "custom" && cleanCode(form.address) === "") problems.push("base_url");
  for (const field of ["day", "month"] as const) if (microUsd(form[field]) === "wrong") problems.push(field);
  for (const field of ["answers", "fallbackAnswers"] as const) if (count(form[field]) === "wrong") problems.push(field);
  return problems;
}

/** The body of the request for a new key, for a form without problems. */
export function newProviderKey(form: ProviderKeyForm): NewProviderKey {
  return {
    provider: form.provider,
    key: cleanCode(form.key),
    ...shared(form),
    ...custom(form),
  };
}

/** The body of the request that changes a key, for a form without problems. */
export function providerKeyChanges(form: ProviderKeyForm): ProviderKeyChanges {
  const key = cleanCode(form.key);
  return {
    ...shared(form),
    ...(key !== "" && { key }),
    ...custom(form),
  };
}

function custom(form: ProviderKeyForm): Pick<ProviderKeyChanges, "base_url" | "models"> {
  if (form.provider !== "custom") return {};
  const models = form.models
    .split(/[\n,]+/)
    .map(cleanLine)
    .filter(Boolean);
  return { base_url: cleanCode(form.address), models: models.length > 0 ? models : null };
}

function shared(form: ProviderKeyForm) {
  return {
    name: cleanLine(form.name),
    limits: {
      micro_usd_per_day: sent(microUsd(form.day)),
      micro_usd_per_month: sent(microUsd(form.month)),
      answers_per_day: sent(count(form.answers)),
      fallback_answers_per_day: sent(count(form.fallbackAnswers)),
    },
    fallback: form.fallback,
  };
}

function text(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

function sent(value: number | null | "wrong"): number | null {
  return value === "wrong" ? null : value;
}

/** A number of answers as typed: null for no limit. */
function count(typed: string): number | null | "wrong" {
  if (cleanLine(typed) === "") return null;
  const value = parseNumber(typed, 0);
  return typeof value === "number" && value >= 0 ? value : "wrong";
}

/** An amount as typed, in micro-dollars: null for no limit, `wrong` for an invalid or ambiguous amount. */
function microUsd(typed: string): number | null | "wrong" {
  const amount = cleanLine(typed).replace(CURRENCY, "");
  if (amount === "") return cleanLine(typed) === "" ? null : "wrong";
  const value = parseNumber(amount, 6);
  return typeof value === "number" ? value : "wrong";
}

/** As typed: three decimals could mean thousands, so a fourth is added. */
function dollars(micro_usd: number | null | undefined): string {
  if (micro_usd == null) return "";
  const amount = String(micro_usd / 1_000_000);
  return /[.]\d{3}$/.test(amount) ? `${amount}0` : amount;
}
