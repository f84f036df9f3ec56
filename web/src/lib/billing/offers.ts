import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { loadConfig } from "../config.ts";
import { Resource } from "../state/resource.ts";
import { KEY } from "./purchase.ts";

type Schemas = components["schemas"];
export type Offer = Schemas["Offer"];

/** The offers to this workspace that can still be accepted. */
export const openOffers = () =>
  new Resource(async () => {
    const { items } = await body<Schemas["OfferList"]>((await api()).GET("/api/subscription/offers"));
    return items.filter(({ state }) => state === "open");
  });

export async function readOffer(id: string): Promise<Offer> {
  return body((await api()).GET("/api/subscription/offers/{id}", { params: { path: { id } } }));
}

/** Accepts an offer; what to pay by checkout, or null for a bank transfer. Throws ApiError. */
export async function acceptOffer(id: string): Promise<Schemas["OfferOrder"] | null> {
  return (await body((await api()).POST("/api/subscription/offers/{id}/accept", { params: { path: { id } } }))).order;
}

/** Goes to the page where the order of an offer is paid, which returns to the offer. */
export async function payOffer(id: string, order: Schemas["OfferOrder"], description: string): Promise<void> {
  const { site_name } = await loadConfig();
  const { key_id, order_id, short_url } = order;
  const return_to = `/checkout/offer/${id}`;
  const request = { key_id, order_id, short_url, description, email: null, site_name, return_to };
  sessionStorage.setItem(KEY, JSON.stringify(request));
  location.assign(key_id ? "/pay.html" : (short_url ?? return_to));
}

/** Writes to the sales team; by when they answer. Throws ApiError. */
export async function askSales(request: Schemas["NewSalesRequest"]): Promise<string> {
  return (await body((await api()).POST("/api/support/sales", { body: request }))).due_at;
}
