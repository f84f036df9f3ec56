import { session } from "./auth/session.ts";
import { read, write } from "./storage.ts";

/** The parameter of an address that names the workspace it leads to, by id or slug. */
export const PARAMETER = "workspace";

/** The storage keys of the workspace that a user chose on this device, and of one that they no longer belong to. */
const chosenKey = (user: string) => `oneai.workspace.${user}`;
const LEFT = "oneai.left_workspace";

/** The team that this document shows, by id or slug; null for the personal workspace. It stays the same while the
 *  document lives: another workspace is another document, so nothing of one is ever shown in the other. */
export const workspace: string | null = chosen();

/** Routes below the id of an object: its own workspace decides there, so that a link opens in any workspace. An
 *  invitation has its own workspace too. */
const OF_AN_OBJECT =
  /^\/api\/(?:(?:chatbots|conversations|documents|collections|chat\/stream)\/[0-9a-f-]{36}|invitations\/)/;

/** The value of the header `OneAI-Workspace` for a request to this address; null for none. */
export function workspaceOf(url: string, current: string | null = workspace): string | null {
  return OF_AN_OBJECT.test(new URL(url).pathname) ? null : current;
}

/** Goes to `path` in another workspace, whose id is remembered on this device; null is the personal one. */
export function openWorkspace(id: string | null, path: string): void {
  const address = new URL(path, location.origin);
  // Where nothing can be stored, the address says it.
  if (!remember(id)) address.searchParams.set(PARAMETER, id ?? session.userId ?? "");
  location.assign(address);
}

/** Goes to the personal workspace, because the user no longer belongs to this one. */
export function leaveWorkspace(): void {
  write(LEFT, "1");
  remember(null);
  location.replace("/c");
}

/** Whether the user has just been moved out of a workspace. Says so once. */
export function hasLeft(): boolean {
  const left = read(LEFT) !== null;
  if (left) write(LEFT, null);
  return left;
}

/** Forgets the workspace that a user chose on this device. */
export function forgetWorkspace(user: string): void {
  write(chosenKey(user), null);
}

/** The name under which this device keeps what the user reads in this workspace. */
export function scope(): string | null {
  return session.userId && (workspace ? `${session.userId} ${workspace}` : session.userId);
}

function remember(id: string | null): boolean {
  return session.userId !== null && write(chosenKey(session.userId), id);
}

function chosen(): string | null {
  if (typeof location === "undefined" || !session.userId) return null;
  const named = new URLSearchParams(location.search).get(PARAMETER);
  if (named) remember(named);
  const id = named ?? read(chosenKey(session.userId));
  return id === session.userId ? null : id;
}
