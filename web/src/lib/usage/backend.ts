import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { errorOf } from "../api/errors.ts";
import { offline } from "../offline.ts";

type Schemas = components["schemas"];

export type UsageReport = Schemas["UsageReport"];
export type UsageItem = Schemas["UsageItem"];
export type Forecast = Schemas["Forecast"];
export type GroupBy = Schemas["GroupBy"];
export type UsageFormat = Schemas["UsageFormat"];
export type Alternative = Schemas["Alternative"];

/** The query: days in `tz`, starting at `from`; without it, the last thirty. */
export interface UsageQuery {
  tz: string;
  from?: string;
}

/** The usage page's requests to the API. Each throws ApiError for a refusal. */
export const backend = {
  report: (group_by: GroupBy, query: UsageQuery): Promise<UsageReport> =>
    offline.read(`usage ${group_by} ${query.from ?? ""}`, async () =>
      body((await api()).GET("/api/user/usage", { params: { query: { group_by, ...query } } })),
    ),

  quotas: () => offline.read("quota", async () => body((await api()).GET("/api/quota/status"))),

  forecast: () => offline.read("forecast", async () => body((await api()).GET("/api/user/usage/forecast"))),

  /** The names of the user's API keys by their ids. */
  keyNames: async (): Promise<Record<string, string>> => {
    const { items } = await offline.read("api-keys", async () => body((await api()).GET("/api/user/api-keys")));
    return Object.fromEntries(items.map(({ id, name }) => [id, name]));
  },

  /** The options when a quota is used up; none before. */
  alternatives: async (quota_key: string): Promise<Alternative[]> => {
    // With status 200: a browser logs every 429 as an error.
    const checked = await body(
      (await api()).POST("/api/quota/check", {
        body: { quota_key: quota_key as Schemas["QuotaKey"], units: 1, refused_as: 200 },
      }),
    );
    return checked.allowed ? [] : ((checked.error.alternatives as Alternative[] | undefined) ?? []);
  },

  /** Every answer as a line of a file; for a large one, the id of an export in progress. */
  exportFile: async (format: UsageFormat, query: UsageQuery): Promise<Blob | { export_id: string }> => {
    const { data, response } = await (
      await api()
    ).GET("/api/user/usage/export", { params: { query: { format, ...query } }, parseAs: "blob" });
    if (!response.ok) throw await errorOf(response);
    const file = data as unknown as Blob;
    return response.status === 202 ? (JSON.parse(await file.text()) as { export_id: string }) : file;
  },
};

export type UsageBackend = typeof backend;
