import type { components, paths } from "$types/api";
import { api, body } from "../api/client.ts";
import type { Confirmation } from "../billing/types.ts";
import { asApiError } from "../api/errors.ts";
import { offline } from "../offline.ts";

type Schemas = components["schemas"];
type UsageQuery = NonNullable<paths["/api/credits/usage"]["get"]["parameters"]["query"]>;

export type AutoRecharge = Schemas["AutoRecharge"];
export type NewAutoRecharge = Schemas["AutoRechargeRequest"];
export type CreditBalance = Schemas["CreditBalance"];
export type CreditGrant = Schemas["CreditGrant"];
export type CreditOrderState = Schemas["CreditOrderState"];
export type CreditLimit = Schemas["CreditLimit"];
export type CreditPackage = Schemas["CreditPackage"];
export type CreditPackageList = Schemas["CreditPackageList"];
export type CreditPurchase = Schemas["CreditPurchase"];
export type CreditRefundPreview = Schemas["CreditRefundPreview"];
export type CreditTransaction = Schemas["CreditTransaction"];
export type CreditUsage = Schemas["CreditUsage"];
export type LedgerEntry = Schemas["LedgerEntry"];
export type LedgerProof = Schemas["LedgerProof"];
export type LedgerRoot = Schemas["LedgerRoot"];
export type LedgerRootPage = Schemas["LedgerRootPage"];
export type NewCreditLimit = Schemas["NewCreditLimit"];
export type PaymentSources = Schemas["PaymentSources"];
export type PaymentSource = PaymentSources["order"][number];
export type Wanted = Schemas["CreditPurchaseRequest"];
export type UsageBy = NonNullable<UsageQuery["group_by"]>;

/** The kinds of transactions, as the API names them. */
export const KINDS = ["purchase", "use", "refund", "expiry", "grant", "adjustment"] as const;
export type Kind = (typeof KINDS)[number];

/** Transactions and entries of a page. */
const PAGE = 20;
const CHAIN_PAGE = 100;

/** The requests of the pages of credits to the API. Each throws ApiError for a refusal. */
export const backend = {
  balance: (): Promise<CreditBalance> =>
    offline.read("credits", async () => body((await api()).GET("/api/credits/balance"))),

  packages: (): Promise<CreditPackageList> =>
    offline.read("credit-packages", async () => body((await api()).GET("/api/credits/packages"))),

  /** Opens an order. The same key returns the same order. */
  purchase: async (wanted: Wanted, key: string): Promise<CreditPurchase> =>
    body((await api()).POST("/api/credits/purchase", { body: wanted, params: { header: { "Idempotency-Key": key } } })),

  /** What became of an order. */
  order: async (order_id: string): Promise<CreditOrderState> =>
    body((await api()).GET("/api/credits/purchase", { params: { query: { order_id } } })),

  /** Confirms a payment, as the one of a plan. */
  verify: async (confirmation: Confirmation): Promise<unknown> =>
    body((await api()).POST("/api/subscription/verify", { body: confirmation })),

  transactions: (kind: Kind | null, cursor: string | null) =>
    offline.read(`credit-transactions ${kind ?? ""} ${cursor ?? ""}`, async () => {
      const query = { limit: PAGE, ...(kind && { kind }), ...(cursor && { cursor }) };
      return body((await api()).GET("/api/credits/transactions", { params: { query } }));
    }),

  usage: (group_by: UsageBy, range: { tz: string; from?: string }): Promise<CreditUsage> =>
    offline.read(`credit-usage ${group_by} ${range.from ?? ""}`, async () =>
      body((await api()).GET("/api/credits/usage", { params: { query: { group_by, ...range } } })),
    ),

  refundPreview: async (grant_id: string): Promise<CreditRefundPreview> =>
    body((await api()).GET("/api/credits/refund", { params: { query: { grant_id } } })),

  refund: async (grant_id: string): Promise<CreditRefundPreview> =>
    body((await api()).POST("/api/credits/refund", { body: { grant_id } })),

  sources: (): Promise<PaymentSources> =>
    offline.read("payment-sources", async () => body((await api()).GET("/api/credits/sources"))),

  setSources: async (sources: PaymentSources): Promise<PaymentSources> =>
    body((await api()).PUT("/api/credits/sources", { body: sources })),

  limits: async (): Promise<CreditLimit[]> =>
    (await offline.read("credit-limits", async () => body((await api()).GET("/api/credits/limits")))).items,

  setLimits: async (limits: NewCreditLimit[]): Promise<CreditLimit[]> =>
    (await body((await api()).PUT("/api/credits/limits", { body: { limits } }))).items,

  recharge: (): Promise<AutoRecharge> =>
    offline.read("credit-recharge", async () => body((await api()).GET("/api/credits/auto-recharge"))),

  setRecharge: async (recharge: NewAutoRecharge): Promise<AutoRecharge> =>
    body((await api()).PUT("/api/credits/auto-recharge", { body: recharge })),

  /** A page of the workspace's chain in the ledger, from its start. */
  entries: async (cursor: string | null) => {
    const query = { limit: CHAIN_PAGE, ...(cursor && { cursor }) };
    return body((await api()).GET("/api/ledger/entries", { params: { query } }));
  },

  /** What proves that the workspace's chain is under the newest root; null if it is under none yet. */
  proof: async (): Promise<LedgerProof | null> => {
    const [{ items: roots }, { items: entries }] = await Promise.all([backend.roots(null), backend.entries(null)]);
    const [root, first] = [roots[0], entries[0]];
    if (!root || !first || Date.parse(first.at) > Date.parse(root.at)) return null;
    try {
      return await body((await api()).GET("/api/ledger/proof"));
    } catch (problem) {
      if (asApiError(problem).code === "not_found") return null;
      throw problem;
    }
  },

  /** A page of the daily roots of all chains, newest first. */
  roots: (cursor: string | null): Promise<LedgerRootPage> =>
    offline.read(`ledger-roots ${cursor ?? ""}`, async () => {
      const query = { limit: PAGE, ...(cursor && { cursor }) };
      return body((await api()).GET("/api/ledger/roots", { params: { query } }));
    }),
};

export type CreditsBackend = typeof backend;
