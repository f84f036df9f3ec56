import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

export type Workspace = components["schemas"]["WorkspaceDetail"];
export type WorkspaceChanges = components["schemas"]["WorkspaceChanges"];
export type Hours = Workspace["hours"];
export type DeletionPreview = components["schemas"]["WorkspaceDeletionPreview"];

export const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** One workspace with its quotas and what it has stored. Throws ApiError. */
export async function readWorkspace(id: string): Promise<Workspace> {
  return body((await api()).GET("/api/workspaces/{id}", { params: { path: { id } } }));
}

/** Changes the given fields. Throws ApiError. */
export async function changeWorkspace(id: string, changes: WorkspaceChanges): Promise<Workspace> {
  return body((await api()).PATCH("/api/workspaces/{id}", { params: { path: { id } }, body: changes }));
}

/** What deleting the team would do. Throws ApiError. */
export async function previewDeletion(id: string): Promise<DeletionPreview> {
  const params = { path: { id }, query: { preview: true } };
  return (await body((await api()).DELETE("/api/workspaces/{id}", { params }))) as DeletionPreview; // as `preview` asks
}

/** Deletes the team, which `confirm`, its short name, confirms. Throws ApiError. */
export async function deleteWorkspace(id: string, confirm: string): Promise<void> {
  await body((await api()).DELETE("/api/workspaces/{id}", { params: { path: { id } }, body: { confirm } }));
}

/** Undoes the deletion of a team. Throws ApiError. */
export async function restoreWorkspace(id: string): Promise<void> {
  await body((await api()).POST("/api/workspaces/{id}/restore", { params: { path: { id } } }));
}

/** The fields of `after` that differ from `before`. */
export function changed<T extends object>(before: T, after: T): Partial<T> {
  const entries = Object.entries(after) as [keyof T, unknown][];
  return Object.fromEntries(
    entries.filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])),
  ) as Partial<T>;
}
