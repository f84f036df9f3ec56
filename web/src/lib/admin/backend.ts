import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { ApiError, asApiError, errorOf } from "../api/errors.ts";
import { online } from "../offline.ts";
import { PagedList, type Page } from "../state/paged_list.ts";

export type Schemas = components["schemas"];
export type UserDetail = Schemas["UserDetail"];
export type Subscription = Schemas["ListedSubscription"];
export type Payment = Schemas["Payment"];
export type AuditEntry = Schemas["AuditEntry"];
export type ModelSection = Schemas["SectionModels"];
export type QuotaKey = Schemas["AnyQuotaKey"];

type Client = Awaited<ReturnType<typeof api>>;
type Cursor = string | null;

/** These reads bypass `offline`: other people's data is never kept on the device. */
async function call<T>(request: (client: Client) => Parameters<typeof body<T>>[0]): Promise<T> {
  try {
    const value = await body(request(await api()));
    online.set(true);
    return value;
  } catch (failure) {
    if (failure instanceof ApiError && failure.status === 0) online.set(false);
    throw failure;
  }
}

/** A list that is read page by page. */
function paged<T>(read: (client: Client, cursor: Cursor) => Parameters<typeof body<Page<T>>>[0]): PagedList<T> {
  return new PagedList((cursor) => call((client) => read(client, cursor)));
}

/** A query without its empty parameters. */
function withoutNulls<T extends object>(query: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null)) as never;
}

export interface UserFilter {
  q: string | null;
  tier: Schemas["NewPlanGrant"]["tier"] | "free" | null;
  status: Schemas["AccountStatus"] | null;
}

export interface WorkspaceFilter {
  q: string | null;
  kind: "personal" | "team" | null;
  state: Schemas["WorkspaceState"] | null;
}

export interface AuditFilter {
  user_id: string | null;
  actor: string | null;
  action: Schemas["AuditAction"] | null;
  request_id: string | null;
  since: string | null;
}

/** Lists for admins and support. */
export const lists = {
  users: (filter: UserFilter) =>
    paged((client, cursor) =>
      client.GET("/api/admin/users", { params: { query: withoutNulls({ ...filter, cursor }) } }),
    ),

  subscriptions: (status: Schemas["SubscriptionState"] | null) =>
    paged((client, cursor) =>
      client.GET("/api/admin/subscriptions", { params: { query: withoutNulls({ status, cursor }) } }),
    ),

  payments: (quarantined: boolean) =>
    paged((client, cursor) =>
      client.GET("/api/admin/payments", { params: { query: withoutNulls({ quarantined, cursor }) } }),
    ),

  events: (state: Schemas["EventState"] | null) =>
    paged((client, cursor) =>
      client.GET("/api/admin/provider-events", { params: { query: withoutNulls({ state, cursor }) } }),
    ),

  operations: (state: Schemas["OperationState"]) =>
    paged((client, cursor) =>
      client.GET("/api/admin/provider-operations", { params: { query: withoutNulls({ state, cursor }) } }),
    ),

  deadLetters: () =>
    paged((client, cursor) => client.GET("/api/admin/dead-letters", { params: { query: withoutNulls({ cursor }) } })),

  workspaces: (filter: WorkspaceFilter) =>
    paged((client, cursor) =>
      client.GET("/api/admin/workspaces", { params: { query: withoutNulls({ ...filter, cursor }) } }),
    ),

  support: (state: Schemas["SupportState"]) =>
    paged((client, cursor) => client.GET("/api/admin/support", { params: { query: withoutNulls({ state, cursor }) } })),

  offers: (state: Schemas["OfferState"] | null) =>
    paged((client, cursor) => client.GET("/api/admin/offers", { params: { query: withoutNulls({ state, cursor }) } })),

  shares: () =>
    paged((client, cursor) => client.GET("/api/admin/shares", { params: { query: withoutNulls({ cursor }) } })),

  suspendedChatbots: () =>
    paged((client, cursor) =>
      client.GET("/api/admin/chatbots/suspended", { params: { query: withoutNulls({ cursor }) } }),
    ),

  chatbots: () =>
    paged((client, cursor) => client.GET("/api/admin/chatbots", { params: { query: withoutNulls({ cursor }) } })),

  incidents: () =>
    paged((client, cursor) => client.GET("/api/admin/incidents", { params: { query: withoutNulls({ cursor }) } })),

  audit: (filter: AuditFilter) =>
    paged((client, cursor) =>
      client.GET("/api/admin/audit", { params: { query: withoutNulls({ ...filter, cursor }) } }),
    ),

  quotas: (quota_key: QuotaKey | null) =>
    paged((client, cursor) =>
      client.GET("/api/admin/quotas", { params: { query: withoutNulls({ quota_key, cursor }) } }),
    ),

  overrides: () =>
    paged((client, cursor) =>
      client.GET("/api/admin/quota-overrides", { params: { query: withoutNulls({ cursor }) } }),
    ),

  grants: () =>
    paged((client, cursor) => client.GET("/api/admin/plan-grants", { params: { query: withoutNulls({ cursor }) } })),
};

/** Single items for admins and support. Each throws ApiError. */
export const reads = {
  overview: (days: number) => call((client) => client.GET("/api/admin/overview", { params: { query: { days } } })),
  user: (id: string) => call((client) => client.GET("/api/admin/users/{id}", { params: { path: { id } } })),
  workspace: (id: string) => call((client) => client.GET("/api/admin/workspaces/{id}", { params: { path: { id } } })),
  request: (request_id: string) =>
    call((client) => client.GET("/api/admin/requests/{request_id}", { params: { path: { request_id } } })),
  subscription: (id: string) =>
    call((client) => client.GET("/api/admin/subscriptions/{id}", { params: { path: { id } } })),
  refundPreview: (id: string) =>
    call((client) => client.GET("/api/admin/payments/{id}/refund", { params: { path: { id } } })),
  event: (id: string) => call((client) => client.GET("/api/admin/provider-events/{id}", { params: { path: { id } } })),
  queues: async () => (await call((client) => client.GET("/api/admin/jobs"))).items,
  /** What answers depend on, also while the service cannot answer. */
  health: async (): Promise<Schemas["HealthCheck"][]> => {
    try {
      const { checks } = await call((client) => client.GET("/api/health", { params: { query: { deep: true } } }));
      return checks ?? [];
    } catch (failure) {
      const { checks } = asApiError(failure).body as { checks?: Schemas["HealthCheck"][] };
      if (checks) return checks;
      throw failure;
    }
  },
  maintenance: () => call((client) => client.GET("/api/admin/maintenance")),
  staff: async () => (await call((client) => client.GET("/api/admin/staff"))).items,
  modelSections: async () => (await call((client) => client.GET("/api/admin/model-sections"))).items,
  modelSection: (section: ModelSection["section"], query: { models: string[]; never: string[] }) =>
    call((client) =>
      client.GET("/api/admin/model-sections/{section}/preview", { params: { path: { section }, query } }),
    ),
  docs: () => call((client) => client.GET("/api/admin/docs-feedback")),

  creditFigures: () => call((client) => client.GET("/api/admin/credits/figures")),

  workspaceCredits: (id: string) =>
    call((client) => client.GET("/api/admin/workspaces/{id}/credits", { params: { path: { id } } })),

  unexplainedCredits: () => call((client) => client.GET("/api/admin/credits/unexplained")),
};

export interface ReportQuery {
  from?: string;
  to?: string;
}

export type ReportName = "usage" | "revenue" | "cost" | "performance";

export type Report =
  Schemas["UsageAnalytics"] | Schemas["RevenueAnalytics"] | Schemas["CostAnalytics"] | Schemas["PerformanceAnalytics"];

/** A report of days that are named, or of the last thirty, by the days of the operator's time zone. Throws ApiError.
 *
 *  @param group_by one of this report's GROUPS
 */
export function readReport(name: ReportName, group_by: string, query: ReportQuery): Promise<Report> {
  // Each of the four reports has its own groupings, which a variable name cannot be typed with.
  const params = { query: { ...query, group_by } as never };
  return call<Report>((client) => client.GET(`/api/admin/analytics/${name}`, { params }) as never);
}

/** A report's items as lines of a file. Throws ApiError. */
export async function reportFile(name: ReportName, query: ReportQuery & { group_by: string }): Promise<Blob> {
  const client = await api();
  const { data, response } = await client.GET(`/api/admin/analytics/${name}`, {
    params: { query: { ...query, format: "csv" } as never },
    parseAs: "blob",
  });
  if (!response.ok) throw await errorOf(response);
  return data as unknown as Blob;
}
