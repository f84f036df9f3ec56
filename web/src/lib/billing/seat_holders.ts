import { api, body } from "../api/client.ts";

/** Reads at most this many pages of a hundred: a plan has up to 500 seats. */
const PAGES = 6;

/** Who takes a seat of the current team, by name or address: members but viewers, and open invitations to these roles.
 *  Owners and admins may read it. Throws ApiError. */
export async function seatHolders(): Promise<string[]> {
  const client = await api();
  const query = (cursor: string | null) => ({ params: { query: { limit: 100, ...(cursor && { cursor }) } } });
  const [members, invitations] = await Promise.all([
    all(async (cursor) => body(client.GET("/api/team/members", query(cursor)))),
    all(async (cursor) => body(client.GET("/api/team/invitations", query(cursor)))),
  ]);
  return [
    ...members.filter(({ role }) => role !== "viewer").map(({ name, email }) => name ?? email ?? "–"),
    ...invitations.filter(({ role, state }) => state === "open" && role !== "viewer").map(({ email }) => email),
  ];
}

async function all<T>(read: (cursor: string | null) => Promise<{ items: T[]; next_cursor: string | null }>) {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page++) {
    const found: { items: T[]; next_cursor: string | null } = await read(cursor);
    items.push(...found.items);
    cursor = found.next_cursor;
    if (!cursor) break;
  }
  return items;
}
