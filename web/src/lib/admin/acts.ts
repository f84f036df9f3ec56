import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import type { Me } from "../me.ts";
import { online } from "../offline.ts";

type Schemas = components["schemas"];
type Client = Awaited<ReturnType<typeof api>>;

/** Whether this user may change what these pages show. Support may not. */
export function mayAct(me: Me | null): boolean {
  return me?.permissions.includes("admin:write") ?? false;
}

async function act<T>(request: (client: Client) => Parameters<typeof body<T>>[0]): Promise<T> {
  try {
    return await body(request(await api()));
  } catch (failure) {
    if (failure instanceof ApiError && failure.status === 0) online.set(false);
    throw failure;
  }
}

/** The actions of admins. Each takes a reason for the audit log, and throws ApiError for a refusal. */
export const acts = {
  suspend: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/users/{id}/suspend", { params: { path: { id } }, body: { reason } })),

  unsuspend: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/users/{id}/unsuspend", { params: { path: { id } }, body: { reason } })),

  signOut: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/users/{id}/sign-out", { params: { path: { id } }, body: { reason } })),

  changeRole: (id: string, role: Schemas["Role"], reason: string) =>
    act((client) => client.PUT("/api/admin/users/{id}/role", { params: { path: { id } }, body: { role, reason } })),

  deleteUser: (id: string, deletion: Schemas["UserDeletion"]) =>
    act((client) => client.DELETE("/api/admin/users/{id}", { params: { path: { id } }, body: deletion })),

  suspendWorkspace: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/workspaces/{id}/suspend", { params: { path: { id } }, body: { reason } })),

  unsuspendWorkspace: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/workspaces/{id}/unsuspend", { params: { path: { id } }, body: { reason } }),
    ),

  giveCredits: (id: string, credits: Required<Schemas["NewCreditGrant"]>) =>
    act((client) =>
      client.POST("/api/admin/workspaces/{id}/credits/grant", { params: { path: { id } }, body: credits }),
    ),

  revokeCredits: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/credit-grants/{id}/revoke", { params: { path: { id } }, body: { reason } }),
    ),

  releaseCredits: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/workspaces/{id}/credits/release", { params: { path: { id } }, body: { reason } }),
    ),

  markAnswered: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/support/{id}/answered", { params: { path: { id } }, body: { reason } })),

  makeOffer: (offer: Schemas["NewOffer"]) => act((client) => client.POST("/api/admin/offers", { body: offer })),

  withdrawOffer: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/offers/{id}/withdraw", { params: { path: { id } }, body: { reason } })),

  recordTransfer: (id: string, transfer: Schemas["Transfer"]) =>
    act((client) => client.POST("/api/admin/offers/{id}/paid", { params: { path: { id } }, body: transfer })),

  recordTransferRefund: (id: string, refund: Schemas["TransferRefund"]) =>
    act((client) => client.POST("/api/admin/offers/{id}/refund", { params: { path: { id } }, body: refund })),

  addOverride: (id: string, override: Schemas["NewQuotaOverride"]) =>
    act((client) => client.POST("/api/admin/users/{id}/quota-overrides", { params: { path: { id } }, body: override })),

  revokeOverride: (id: number, reason: string) =>
    act((client) =>
      client.POST("/api/admin/quota-overrides/{id}/revoke", { params: { path: { id } }, body: { reason } }),
    ),

  resetQuota: (id: string, quota_key: Schemas["AnyQuotaKey"], reason: string) =>
    act((client) =>
      client.POST("/api/admin/users/{id}/quotas/{quota_key}/reset", {
        params: { path: { id, quota_key } },
        body: { reason },
      }),
    ),

  addGrant: (id: string, grant: Schemas["NewPlanGrant"]) =>
    act((client) => client.POST("/api/admin/users/{id}/plan-grants", { params: { path: { id } }, body: grant })),

  revokeGrant: (id: number, reason: string) =>
    act((client) => client.POST("/api/admin/plan-grants/{id}/revoke", { params: { path: { id } }, body: { reason } })),

  sync: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/subscriptions/{id}/sync", { params: { path: { id } }, body: { reason } })),

  refund: (id: string, refund: Schemas["NewRefund"]) =>
    act((client) => client.POST("/api/admin/payments/{id}/refund", { params: { path: { id } }, body: refund })),

  release: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/payments/{id}/release", { params: { path: { id } }, body: { reason } })),

  replay: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/provider-events/{id}/replay", { params: { path: { id } }, body: { reason } }),
    ),

  retryOperation: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/provider-operations/{id}/retry", { params: { path: { id } }, body: { reason } }),
    ),

  retryLetter: (kind: "mail" | "export", id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/dead-letters/{kind}/{id}/retry", { params: { path: { kind, id } }, body: { reason } }),
    ),

  startMaintenance: (maintenance: Schemas["NewMaintenance"]) =>
    act((client) => client.PUT("/api/admin/maintenance", { body: maintenance })),

  endMaintenance: (reason: string) => act((client) => client.DELETE("/api/admin/maintenance", { body: { reason } })),

  openIncident: (incident: Schemas["NewIncident"]) =>
    act((client) => client.POST("/api/admin/incidents", { body: incident })),

  updateIncident: (id: number, update: Schemas["NewIncidentUpdate"]) =>
    act((client) => client.POST("/api/admin/incidents/{id}/updates", { params: { path: { id } }, body: update })),

  changeModelSection: (section: Schemas["SectionModels"]["section"], change: Schemas["NewSectionModels"]) =>
    act((client) => client.PUT("/api/admin/model-sections/{section}", { params: { path: { section } }, body: change })),

  takeDown: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/shares/{id}/take-down", { params: { path: { id } }, body: { reason } })),

  dismissReports: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/shares/{id}/dismiss", { params: { path: { id } }, body: { reason } })),

  suspendChatbot: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/chatbots/{id}/suspend", { params: { path: { id } }, body: { reason } })),

  suspendChatbotsOfWorkspace: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/chatbots/{id}/suspend", { params: { path: { id } }, body: { reason, all: true } }),
    ),

  unsuspendChatbot: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/chatbots/{id}/unsuspend", { params: { path: { id } }, body: { reason } })),

  unsuspendChatbotsOfWorkspace: (id: string, reason: string) =>
    act((client) =>
      client.POST("/api/admin/chatbots/{id}/unsuspend", { params: { path: { id } }, body: { reason, all: true } }),
    ),

  dismissChatbotReports: (id: string, reason: string) =>
    act((client) => client.POST("/api/admin/chatbots/{id}/dismiss", { params: { path: { id } }, body: { reason } })),
};
