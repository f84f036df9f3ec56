import { api, body } from "../api/client.ts";
import { offline } from "../offline.ts";
import { workspace } from "../workspace.ts";
import { forWorkspace } from "./prices.ts";
import type { Purchase } from "./purchase.ts";
import type {
  CancellationPreview,
  Confirmation,
  NewBillingDetails,
  NewSubscription,
  PlanChangePreview,
  Subscription,
  CheckoutSession,
} from "./types.ts";

/** Entries per page of invoices or history. */
const PAGE = 20;

/** Billing's requests to the API. Each throws ApiError for a refusal. */
export const backend = {
  /** The plans, with the prices of a country if it is known. */
  plans: (country = "") =>
    offline.read(country ? `plans ${country}` : "plans", async () => {
      const params = { query: { ...(country && { country }) } };
      return forWorkspace(await body((await api()).GET("/api/subscription/plans", { params })), workspace !== null);
    }),

  subscription: () => offline.read("subscription", async () => body((await api()).GET("/api/subscription"))),

  details: () =>
    offline.read("billing-details", async () => body((await api()).GET("/api/subscription/billing-details"))),

  saveDetails: async (details: NewBillingDetails) =>
    body((await api()).PUT("/api/subscription/billing-details", { body: details })),

  subscribe: async (wanted: NewSubscription): Promise<CheckoutSession> =>
    body((await api()).POST("/api/subscription/create", { body: wanted })),

  verify: async (confirmation: Confirmation) =>
    body((await api()).POST("/api/subscription/verify", { body: confirmation })),

  change: async (change: Partial<Omit<Purchase, "seat_change">>) =>
    (await body((await api()).POST("/api/subscription/update", { body: change }))) as CheckoutSession,

  previewChange: async (change: Partial<Omit<Purchase, "seat_change">>) =>
    (await body(
      (await api()).POST("/api/subscription/update", { body: change, params: { query: { preview: true } } }),
    )) as PlanChangePreview,

  cancel: async (at_period_end: boolean, reason: string | null, rest_as_credits: boolean) =>
    (await body(
      (await api()).POST("/api/subscription/cancel", { body: { at_period_end, reason, rest_as_credits } }),
    )) as Subscription,

  previewCancellation: async (at_period_end: boolean) =>
    (await body(
      (await api()).POST("/api/subscription/cancel", {
        body: { at_period_end },
        params: { query: { preview: true } },
      }),
    )) as CancellationPreview,

  keep: async () => body((await api()).POST("/api/subscription/cancel/undo")),

  pause: async () => body((await api()).POST("/api/subscription/pause")),

  resume: async () => body((await api()).POST("/api/subscription/resume")),

  /** The provider's page for changing the payment method. */
  portal: async () => body((await api()).GET("/api/subscription/portal")),

  history: (cursor: string | null) =>
    offline.read(`history ${cursor ?? ""}`, async () =>
      body((await api()).GET("/api/subscription/history", { params: { query: pageOf(cursor) } })),
    ),

  invoices: (cursor: string | null) =>
    offline.read(`invoices ${cursor ?? ""}`, async () =>
      body((await api()).GET("/api/subscription/invoice", { params: { query: pageOf(cursor) } })),
    ),

  /** An invoice as a PDF file. */
  invoiceFile: async (id: string): Promise<Blob> =>
    body((await api()).GET("/api/subscription/invoice/{id}/pdf", { params: { path: { id } }, parseAs: "blob" })),
};

export type BillingBackend = typeof backend;

function pageOf(cursor: string | null): { limit: number; cursor?: string } {
  return { limit: PAGE, ...(cursor ? { cursor } : {}) };
}
