import type { components } from "$types/api";
import { messages } from "./language.ts";

type AuditAction = components["schemas"]["AuditAction"];

/** The name of each action in the audit log, in the order of the filter. */
const english = {
  "account.suspend": "Account suspended",
  "account.unsuspend": "Suspension ended",
  "account.delete": "Deletion requested",
  "account.restore": "Account restored",
  "account.erase": "Account erased",
  "role.change": "Role changed",
  "quota_override.create": "Quota override created",
  "quota_override.revoke": "Quota override revoked",
  "quota.reset": "Quota reset",
  "plan_grant.create": "Plan granted",
  "plan_grant.revoke": "Plan grant revoked",
  "plan.change": "Plan changed",
  "price.create": "Price created",
  "price.change": "Price changed",
  "payment.release": "Payment released from quarantine",
  "payment.refund": "Payment refunded",
  "subscription.sync": "Subscription synced with the provider",
  "provider_event.replay": "Provider event replayed",
  "provider_operation.retry": "Provider operation tried again",
  "job.retry": "Job tried again",
  "share.take_down": "Shared link taken down",
  "share.dismiss_reports": "Reports of a shared link dismissed",
  "maintenance.start": "Maintenance started",
  "news.send": "News sent",
  "maintenance.end": "Maintenance ended",
  "model_sections.change": "Models of a section changed",
  "incident.open": "Incident opened",
  "incident.update": "Incident updated",
  "incident.resolve": "Incident resolved",
  "consent.grant": "Consent given",
  "consent.revoke": "Consent revoked",
  "operator_alert.acknowledge": "Alert acknowledged",
  "session.create": "Signed in",
  "session.revoke": "Signed out",
  "second_factor.add": "Two-step verification turned on",
  "second_factor.remove": "Two-step verification removed",
  "passkey.add": "Passkey added",
  "passkey.remove": "Passkey removed",
  "workspace.suspend": "Workspace suspended",
  "workspace.unsuspend": "Workspace no longer suspended",
  "support.answer": "Request answered",
  "workspace.create": "Team created",
  "workspace.update": "Workspace changed",
  "member.role": "Member’s role changed",
  "member.limit": "Member’s limit changed",
  "member.remove": "Member removed",
  "member.leave": "Member left",
  "invitation.create": "Invitation sent",
  "invitation.resend": "Invitation sent again",
  "invitation.revoke": "Invitation withdrawn",
  "invitation.accept": "Invitation accepted",
  "api_key.create": "API key created",
  "api_key.update": "API key changed",
  "api_key.rotate": "API key rotated",
  "api_key.revoke": "API key revoked",
  "api_key.report": "API key reported as leaked",
  "data_export.create": "Data exported",
  "openrouter_key.create": "OpenRouter key created",
  "openrouter_key.disable": "OpenRouter key disabled",
  "secret.rotate": "Secret rotated",
} as const satisfies Record<AuditAction, string>;

export type AuditActions = Record<keyof typeof english, string>;
export const auditActions = messages(english as AuditActions, { hi: () => import("./hi/audit_actions.ts") });

/** Every action in the audit log. */
export const AUDIT_ACTIONS = Object.keys(english) as AuditAction[];
