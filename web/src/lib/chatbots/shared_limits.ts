import { changed, type Workspace, type WorkspaceChanges } from "../settings/workspaces.ts";
import { cleanLine } from "../typed/clean.ts";
import { dollars, numberOf } from "./form.ts";

type Shared = Pick<Workspace, "chatbot_limits" | "visitors_percent">;

/** The limits that all chatbots of a workspace share, and their decimals. */
const DECIMALS = { answers_per_day: 0, micro_usd_per_day: 6, micro_usd_per_month: 6 } as const;
export type SharedLimit = keyof typeof DECIMALS;
export const SHARED_LIMITS = Object.keys(DECIMALS) as SharedLimit[];

/** What is typed: money in dollars. An empty limit is none of their own. */
export type SharedLimitsForm = Record<SharedLimit | "visitors_percent", string>;

/** The form for what is set. */
export function sharedLimitsForm({ chatbot_limits: set, visitors_percent }: Shared): SharedLimitsForm {
  const money = (value: number | null | undefined) => (value == null ? "" : dollars(value));
  return {
    answers_per_day: set.answers_per_day == null ? "" : String(set.answers_per_day),
    micro_usd_per_day: money(set.micro_usd_per_day),
    micro_usd_per_month: money(set.micro_usd_per_month),
    visitors_percent: String(visitors_percent),
  };
}

/** The fields that are no numbers, and a percentage beyond 100. */
export function sharedLimitsProblems(form: SharedLimitsForm): (keyof SharedLimitsForm)[] {
  const percent = numberOf(form.visitors_percent, 0);
  return [
    ...SHARED_LIMITS.filter((name) => cleanLine(form[name]) !== "" && numberOf(form[name], DECIMALS[name]) === null),
    ...(percent === null || percent > 100 ? (["visitors_percent"] as const) : []),
  ];
}

/** What a form without problems changes. */
export function sharedLimitsChanges(form: SharedLimitsForm, now: Shared): WorkspaceChanges {
  const limits = Object.fromEntries(
    SHARED_LIMITS.map((name) => [name, cleanLine(form[name]) === "" ? null : numberOf(form[name], DECIMALS[name])]),
  ) as Record<SharedLimit, number | null>;
  return changed(
    {
      chatbot_limits: { ...Object.fromEntries(SHARED_LIMITS.map((name) => [name, null])), ...now.chatbot_limits },
      visitors_percent: now.visitors_percent,
    },
    { chatbot_limits: limits, visitors_percent: numberOf(form.visitors_percent, 0) ?? 0 },
  );
}
