import { cleanLine } from "../typed/clean.ts";
import { parseNumber } from "../typed/numbers.ts";
import type { CreditLimit, NewCreditLimit } from "./backend.ts";
import type { Subjects } from "./names.ts";

export type LimitKind = keyof Subjects;
export const LIMIT_KINDS: readonly LimitKind[] = ["chatbot", "member", "api_key"];

/** The limits with one changed or added. */
export function withLimit(limits: readonly CreditLimit[], changed: NewCreditLimit): NewCreditLimit[] {
  return [...without(limits, changed), changed];
}

/** The limits without one. */
export function without(
  limits: readonly CreditLimit[],
  removed: Pick<NewCreditLimit, "limit" | "limit_id">,
): NewCreditLimit[] {
  return limits
    .filter((each) => each.limit !== removed.limit || each.limit_id !== removed.limit_id)
    .map(({ limit, limit_id, micro_usd_per_month }) => ({ limit, limit_id, micro_usd_per_month }));
}

/** What has no limit yet, by kind. */
export function withoutLimit(subjects: Subjects, limits: readonly CreditLimit[]): Subjects {
  const limited = new Set(limits.map(({ limit, limit_id }) => `${limit} ${limit_id}`));
  const free = (kind: LimitKind) =>
    Object.fromEntries(Object.entries(subjects[kind]).filter(([id]) => !limited.has(`${kind} ${id}`)));
  return { chatbot: free("chatbot"), member: free("member"), api_key: free("api_key") };
}

/** A typed amount of US dollars in micro-dollars; null for anything else. */
export function microOf(typed: string): number | null {
  const value = parseNumber(cleanLine(typed).replace(/^(?:US)?\$\s*/i, ""), 6);
  return typeof value === "number" ? value : null;
}

/** Micro-dollars as dollars are typed: three decimals could mean thousands, so a fourth is added. */
export function dollarsOf(micro_usd: number): string {
  const text = String(micro_usd / 1_000_000);
  return /[.]\d{3}$/.test(text) ? `${text}0` : text;
}
