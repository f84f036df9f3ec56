import { messages } from "./language.ts";

const english = {
  downloads: "Members may take their private chats along",
  downloadsHint:
    "When they leave, they can download them for 30 days. It’s decided when they’re invited, and their invitation says so.",
  lead: "What members and clients of the API see of this team.",
  readOnly: "Only owners and admins can change this.",
  name: "Team name",
  slug: "Short name",
  slugHint: "For addresses and the API: 3 to 40 letters, digits and hyphens. Old addresses redirect for 90 days.",
  industry: "Industry",
  timeZone: "Time zone",
  language: "Language",
  asMembers: "Each member’s own",
  billingEmail: "Billing email",
  billingEmailHint: "Gets invoices and failed payments. It needs no seat.",
  hours: "Working hours",
  hoursLead: "In the team’s time zone. A day without times is free.",
  days: {
    monday: "Monday",
    tuesday: "Tuesday",
    wednesday: "Wednesday",
    thursday: "Thursday",
    friday: "Friday",
    saturday: "Saturday",
    sunday: "Sunday",
  },
  opens: (day: string) => `${day}, from`,
  closes: (day: string) => `${day}, to`,
  save: "Save",
  saved: "Saved.",
  usage: "Usage",
  plan: "Plan",
  plans: { none: "No plan yet", team: "Team", enterprise: "Enterprise" } as Record<string, string>,
  upgrade: "Choose a plan",
  members: "Members",
  messages: "Answers this month",
  documents: "Documents",
  storage: "Text and files",
  of: (used: string, limit: string) => `${used} of ${limit}`,
  choose: "Choose a team",
  chooseLead: "These settings belong to a team. Your personal settings are on the other pages.",
  noTeam: "You are in no team.",
};

export type TeamSettings = typeof english;
export const teamSettings = messages(english, { hi: () => import("./hi/team_settings.ts") });
