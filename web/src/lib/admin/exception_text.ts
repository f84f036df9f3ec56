import type { AdminUsers } from "../i18n/admin_users.ts";
import type { Language } from "../i18n/language.ts";
import { formatUnits } from "./units.ts";

interface Exception {
  own_limit: number | null;
  extra_units: number;
}

/** What an override changes: the limit, the extra units, or both. */
export function exceptionText(exception: Exception, quota_key: string, t: AdminUsers, language: Language): string {
  const parts: string[] = [];
  if (exception.own_limit !== null) parts.push(t.ownLimit(formatUnits(exception.own_limit, quota_key, language)));
  if (exception.extra_units > 0) parts.push(t.extraUnits(formatUnits(exception.extra_units, quota_key, language)));
  return parts.join(", ");
}
