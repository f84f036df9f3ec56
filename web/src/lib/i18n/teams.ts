import { messages } from "./language.ts";

const english = {
  create: "Create a team",
  switcher: (name: string) => `Workspace: ${name}`,
  workspaces: "Workspaces",
  personal: "Personal",
  settings: "Team settings",
  roles: { owner: "Owner", admin: "Admin", member: "Member", viewer: "Viewer" },

  newTitle: "Create a team",
  newLead: "A team shares one plan, its documents and the chats that its members choose to share.",
  name: "Team name",
  industry: "Industry (optional)",
  industryHint: "For example retail, education or software.",
  createNow: "Create team",
};

export type Teams = typeof english;
export const teams = messages(english, { hi: () => import("./hi/teams.ts") });
