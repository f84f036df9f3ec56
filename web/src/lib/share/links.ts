import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { formatDate } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import type { Share } from "../i18n/share.ts";

type Schemas = components["schemas"];
export type ShareLink = Schemas["Share"];
export type ShareOptions = Pick<
  Schemas["ShareRequest"],
  "kind" | "show_name" | "fork" | "show_sources" | "show_reasoning"
>;

const DAY_SECONDS = 86_400;

/** Whether a link still works. */
export function isOpen(link: ShareLink, now: number = Date.now()): boolean {
  return link.taken_down_at === null && (link.expires_at === null || Date.parse(link.expires_at) > now);
}

/** How long a link works, or that it does not. */
export function lasting(link: ShareLink, t: Share, language: Language): string {
  if (link.taken_down_at) return t.takenDown;
  if (!isOpen(link)) return t.ended;
  return link.expires_at ? t.endsAt(formatDate(link.expires_at, language)) : t.endless;
}

/** The links to a conversation that are not revoked. Throws ApiError. */
export async function readLinks(conversation: string): Promise<ShareLink[]> {
  const params = { path: { id: conversation } };
  return (await body((await api()).GET("/api/conversations/{id}/shares", { params }))).items;
}

/** A page of the links to all conversations that are not revoked, newest first. Throws ApiError. */
export async function readAllLinks(cursor: string | null): Promise<Schemas["SharePage"]> {
  return body((await api()).GET("/api/shares", { params: { query: cursor ? { cursor } : {} } }));
}

/** Creates a link. Throws ApiError.
 *
 *  @param days its lifetime; null: until it is revoked
 */
export async function makeLink(
  conversation: string,
  options: ShareOptions,
  days: number | null,
): Promise<Schemas["NewShare"]> {
  // Seconds, because a device's clock may be wrong.
  const request = { ...options, expires_in: days === null ? null : days * DAY_SECONDS };
  const params = { path: { id: conversation } };
  return body((await api()).POST("/api/conversations/{id}/share", { params, body: request }));
}

/** Revokes a link. Throws ApiError. */
export async function revokeLink(id: string): Promise<void> {
  await body((await api()).DELETE("/api/shares/{id}", { params: { path: { id } } }));
}
