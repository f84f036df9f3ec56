import type { components } from "$types/api";
import { api, body } from "../../api/client.ts";
import { PagedList, type Page } from "../../state/paged_list.ts";
import { Resource } from "../../state/resource.ts";
import { readWorkspace, type Workspace } from "../workspaces.ts";

type Schemas = components["schemas"];
export type Member = Schemas["Member"];
export type MemberChanges = Schemas["MemberChanges"];
export type Invitation = Schemas["Invitation"];
export type InvitationResult = Schemas["InvitationResult"];
export type AuditEntry = Schemas["WorkspaceAuditEntry"];
export type Role = Member["role"];

/** Which entries of the audit; empty values mean all. Days are those of this device. */
export interface AuditFilter {
  action: string;
  actor: string;
  since: string;
  until: string;
}

export const NO_FILTER: AuditFilter = { action: "", actor: "", since: "", until: "" };
/** The most addresses that one request invites. */
export const MAX_INVITED = 50;

/** A team as its settings show it: itself, its members and invitations. Requests name it in their header. */
export class Team {
  readonly id: string;
  readonly workspace: Resource<Workspace>;
  readonly members = new PagedList<Member>(readMembers);
  readonly invitations = new PagedList<Invitation>(readInvitations);

  constructor(id: string) {
    this.id = id;
    this.workspace = new Resource(() => readWorkspace(id));
  }

  /** Changes a member's role or limit. Throws ApiError. */
  async changeMember(userId: string, changes: MemberChanges): Promise<void> {
    const params = { path: { user_id: userId } };
    await body((await api()).PUT("/api/team/members/{user_id}", { params, body: changes }));
    await Promise.all([this.members.load(), this.workspace.load()]);
  }

  /** Ends a membership; `heir` inherits what the member owns alone, "" lets it end. Throws ApiError. */
  async removeMember(userId: string, heir: string): Promise<void> {
    const params = { path: { user_id: userId }, query: heir ? { heir_user_id: heir } : {} };
    await body((await api()).DELETE("/api/team/members/{user_id}", { params }));
    await Promise.all([this.members.load(), this.workspace.load()]);
  }

  /** Ends the user's own membership. Throws ApiError. */
  async leave(): Promise<void> {
    await body((await api()).POST("/api/workspaces/{id}/leave", { params: { path: { id: this.id } } }));
  }

  /** Invites addresses; the results are in their order. Throws ApiError. */
  async invite(addresses: readonly string[], role: Role): Promise<InvitationResult[]> {
    const request = { invitations: addresses.map((email) => ({ email, role })) };
    const made = await body((await api()).POST("/api/team/invite", { body: request }));
    await this.#invited();
    return "items" in made ? made.items : [];
  }

  /** Sends the mail of an invitation again. Throws ApiError. */
  async resend(id: string): Promise<void> {
    await body((await api()).POST("/api/team/invitations/{id}/resend", { params: { path: { id } } }));
    await this.#invited();
  }

  /** Ends an invitation, which frees its seat. Throws ApiError. */
  async revoke(id: string): Promise<void> {
    await body((await api()).DELETE("/api/team/invitations/{id}", { params: { path: { id } } }));
    await this.#invited();
  }

  /** Offers the team to a member. Throws ApiError. */
  async offer(userId: string): Promise<void> {
    const params = { path: { id: this.id } };
    await body((await api()).POST("/api/workspaces/{id}/transfer", { params, body: { user_id: userId } }));
    await this.workspace.load();
  }

  /** Withdraws or declines the open offer. Throws ApiError. */
  async endOffer(): Promise<void> {
    await body((await api()).DELETE("/api/workspaces/{id}/transfer", { params: { path: { id: this.id } } }));
    await this.workspace.load();
  }

  /** Becomes the owner, as the member to whom the team was offered. Throws ApiError. */
  async acceptOffer(): Promise<void> {
    await body((await api()).POST("/api/workspaces/{id}/transfer/accept", { params: { path: { id: this.id } } }));
    await Promise.all([this.workspace.load(), this.members.load()]);
  }

  async #invited(): Promise<void> {
    await Promise.all([this.invitations.load(), this.workspace.load()]);
  }
}

async function readMembers(cursor: string | null): Promise<Page<Member>> {
  const query = { limit: 100, ...(cursor && { cursor }) };
  return body((await api()).GET("/api/team/members", { params: { query } }));
}

async function readInvitations(cursor: string | null): Promise<Page<Invitation>> {
  const query = { limit: 50, ...(cursor && { cursor }) };
  return body((await api()).GET("/api/team/invitations", { params: { query } }));
}

/** A page of the team's audit, the newest entries first. Throws ApiError. */
export async function readAudit(id: string, filter: AuditFilter, cursor: string | null): Promise<Page<AuditEntry>> {
  const query = { ...queryOf(filter), limit: 50, ...(cursor && { cursor }) };
  const page = await body((await api()).GET("/api/workspaces/{id}/audit", { params: { path: { id }, query } }));
  return page as Page<AuditEntry>; // a string only for CSV
}

/** The team's audit as a CSV file. Throws ApiError. */
export async function auditFile(id: string, filter: AuditFilter): Promise<Blob> {
  const query = { ...queryOf(filter), format: "csv" as const };
  const client = await api();
  const file = await body(
    client.GET("/api/workspaces/{id}/audit", { params: { path: { id }, query }, parseAs: "blob" }),
  );
  return file as unknown as Blob;
}

/** The filter as the API's parameters: whole days of this device, `until` inclusive. */
export function queryOf({ action, actor, since, until }: AuditFilter): Record<string, string> {
  const day = (text: string, days: number) => {
    const [year = 0, month = 1, date = 1] = text.split("-").map(Number);
    return new Date(year, month - 1, date + days).toISOString();
  };
  return {
    ...(action && { action }),
    ...(actor && { actor }),
    ...(since && { since: day(since, 0) }),
    ...(until && { until: day(until, 1) }),
  };
}
