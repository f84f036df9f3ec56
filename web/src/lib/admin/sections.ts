import type { Admin } from "../i18n/admin.ts";

/** The pages of `/admin`, in their order, by the message that names each. */
export const SECTIONS = [
  ["overview", "/admin"],
  ["users", "/admin/users"],
  ["requests", "/admin/requests"],
  ["quotas", "/admin/quotas"],
  ["subscriptions", "/admin/subscriptions"],
  ["payments", "/admin/payments"],
  ["events", "/admin/events"],
  ["shares", "/admin/shares"],
  ["jobs", "/admin/jobs"],
  ["status", "/admin/status"],
  ["analytics", "/admin/analytics"],
  ["docs", "/admin/docs"],
  ["audit", "/admin/audit"],
  ["staff", "/admin/staff"],
] as const satisfies readonly (readonly [keyof Admin["sections"], string])[];

export type Section = (typeof SECTIONS)[number][0];

/** The section of an address: the longest path that it starts with. */
export function sectionOf(path: string): Section {
  const matches = SECTIONS.filter(([, address]) => path === address || path.startsWith(`${address}/`));
  return matches.reduce((best, each) => (each[1].length > best[1].length ? each : best), SECTIONS[0] as never)[0];
}
