import { messages } from "./language.ts";

const english = {
  maintenance: "Maintenance",
  maintenanceLead:
    "While it lasts, people are refused with your sentence. Answers that are being written, webhooks and jobs go on; you and the team are served.",
  noMaintenance: "Everyone is served.",
  sentence: "What people read meanwhile",
  started: "Since",
  ends: "Expected to end",
  openEnd: "Not known",
  minutes: "How many minutes it will take",
  minutesHint: "Clients come back after so long. Without it they ask again every minute.",
  wrongMinutes: "Enter whole minutes, a week at most.",
  start: "Start a maintenance",
  startLead: "From the next request on, people cannot use OneAI.",
  startNow: "Refuse everyone",
  begun: "People are refused now.",
  change: "Change the sentence",
  changed: "People read the new sentence.",
  end: "End the maintenance",
  endLead: "Everyone is served again from the next request on.",
  over: "Everyone is served again.",
  incidents: "Incidents",
  incidentsLead: "What the public status page says is or was wrong. People read it within half a minute.",
  noIncidents: "There has been no incident.",
  open: "Open an incident",
  openLead: "Say what people notice and what they can do, in their words.",
  opened: "The status page shows it.",
  titleOf: "In a few words",
  impact: "Impact",
  impacts: {
    minor: "Minor: slower, or wrong for some",
    major: "Major: a part does not work",
    critical: "Critical: nothing works",
  },
  part: "Part",
  message: "What people read",
  state: "How far it is",
  update: "Add an update",
  updateLead: "It stands above what was said before.",
  updated: "The status page shows the update.",
  resolvedNow: "The incident is resolved.",
};

export type AdminStatus = typeof english;
export const adminStatus = messages(english, { hi: () => import("./hi/admin_status.ts") });
