import type { components } from "$types/api";
import english from "../i18n/audit_actions.en.ts";

/** Every act that the audit log can hold: the compiler finds one that the API has and its names lack. */
export const ACTIONS = Object.keys(english) as components["schemas"]["AuditAction"][];
