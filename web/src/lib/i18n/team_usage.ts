import { messages } from "./language.ts";

const english = {
  pool: "Your team’s quotas",
  you: (used: string) => `You: ${used}`,
  yourShare: (used: string, limit: string) => `You: ${used} of your ${limit}`,
  poolSpent: (name: string) => `Your team has used it up: ${name}.`,
  poolNear: (percent: number, name: string) => `Your team has used ${percent}%: ${name}.`,
  shareSpent: (name: string) => `You’ve used your share of your team’s quota: ${name}.`,
  shareNear: (percent: number, name: string) => `You’ve used ${percent}% of your share: ${name}.`,
  askOwner: "An owner can add seats.",
  askAdmin: "An admin can raise your share.",
  addSeats: "Add seats",
  choosePlan: "Choose a plan",
  byMember: "By member",
  byMemberLead: "What each member has used of the current windows.",
  member: "Member",
  limits: "Members and limits",
};

export type TeamUsage = typeof english;
export const teamUsage = messages(english, { hi: () => import("./hi/team_usage.ts") });
