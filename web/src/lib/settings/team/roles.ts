import type { Member, Role } from "./team.ts";

/** From the one that may do least to the one that may do most. */
const ROLES: readonly Role[] = ["viewer", "member", "admin", "owner"];

const rank = (role: Role) => ROLES.indexOf(role);

/** Whether the role manages members, invitations and limits. */
export const manages = (role: Role) => rank(role) >= rank("admin");

/** The roles that this role may give: none above its own, the highest first. */
export function givenBy(role: Role): Role[] {
  return manages(role) ? ROLES.filter((each) => rank(each) <= rank(role)).toReversed() : [];
}

/** Whether a member with this role may change or remove the other one. */
export function mayChange(role: Role, other: Role): boolean {
  return manages(role) && rank(role) >= rank(other);
}

/** The members who can inherit what this one owns alone: all others who may write. */
export const heirsOf = (members: readonly Member[], userId: string) =>
  members.filter(({ user_id, role }) => user_id !== userId && rank(role) >= rank("member"));

/** Whether the user is the only owner among these members, so that they can neither leave nor have another role. */
export function isLastOwner(members: readonly Member[], userId: string): boolean {
  const owners = members.filter(({ role }) => role === "owner");
  return owners.length === 1 && owners[0]?.user_id === userId;
}
