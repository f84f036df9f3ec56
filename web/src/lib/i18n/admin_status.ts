import { messages } from "./language.ts";

const english = {
  maintenance: "Maintenance",
  maintenanceLead:
    "During maintenance, requests are refused with your message. Answers in progress, webhooks and jobs continue. You and the team keep access.",
  noMaintenance: "There is no maintenance.",
  sentence: "Message to people",
  started: "Since",
  ends: "Expected to end",
  openEnd: "Not known",
  minutes: "Duration in minutes",
  minutesHint: "Clients try again after this time. Without it, they try every minute.",
  wrongMinutes: "Enter whole minutes, up to a week.",
  start: "Start maintenance",
  startLead: "From the next request on, people cannot use OneAI.",
  startNow: "Start now",
  startedNow: "Maintenance has started.",
  change: "Change the message",
  changed: "The message is changed.",
  end: "End maintenance",
  endLead: "From the next request on, people can use OneAI again.",
  over: "Maintenance has ended.",
  incidents: "Incidents",
  incidentsLead: "The incidents on the public status page. Changes appear within half a minute.",
  noIncidents: "There are no incidents.",
  open: "Open an incident",
  openLead: "Say what people notice and what they can do.",
  opened: "The status page shows the incident.",
  titleOf: "Title",
  impact: "Impact",
  impacts: {
    minor: "Minor: slower, or wrong for some",
    major: "Major: a part does not work",
    critical: "Critical: nothing works",
  },
  part: "Component",
  message: "Message to people",
  state: "State",
  update: "Add an update",
  updateLead: "The update appears above the earlier ones.",
  updated: "The status page shows the update.",
  resolvedNow: "The incident is resolved.",
};

export type AdminStatus = typeof english;
export const adminStatus = messages(english, { hi: () => import("./hi/admin_status.ts") });
