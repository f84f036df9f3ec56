import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

export type WorkspaceMail = components["schemas"]["WorkspaceNotifications"];

/** The kinds of email about a workspace, in their order on the page. */
export const KINDS = ["handoff", "weekly", "budget", "billing"] as const;
export type Kind = (typeof KINDS)[number];

/** The workspaces about which the user gets emails that can be turned off. Throws ApiError. */
export async function readWorkspaceMail(): Promise<WorkspaceMail[]> {
  return (await body((await api()).GET("/api/user/preferences/workspaces"))).items;
}

/** Turns a kind of email about a workspace on or off; the workspace as it is then. Throws ApiError. */
export async function saveWorkspaceMail(id: string, kind: Kind, on: boolean): Promise<WorkspaceMail> {
  const path = { id };
  return body((await api()).PATCH("/api/user/preferences/workspaces/{id}", { params: { path }, body: { [kind]: on } }));
}
