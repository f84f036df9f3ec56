import { messages } from "./language.ts";

const english = {
  maintenance: "Maintenance",
  maintenanceLead:
    "During maintenance, requests are refused with your message. Answers in progress, webhooks and jobs continue. You and the team keep access.",
  noMaintenance: "No maintenance.",
  sentence: "Message to users",
  started: "Since",
  ends: "Expected to end",
  openEnd: "Unknown",
  minutes: "Duration in minutes",
  minutesHint: "Clients try again after this time. Without it, they try every minute.",
  wrongMinutes: "Enter whole minutes, up to a week.",
  start: "Start maintenance",
  startLead: "From the next request on, users can’t use OneAI.",
  startNow: "Start now",
  startedNow: "Maintenance has started.",
  change: "Change the message",
  changed: "The message is changed.",
  end: "End maintenance",
  endLead: "From the next request on, users can use OneAI again.",
  over: "Maintenance has ended.",
  incidents: "Incidents",
  incidentsLead: "The incidents on the public status page. Changes appear within 30 seconds.",
  noIncidents: "No incidents.",
  open: "Open an incident",
  openLead: "Say what users notice and what they can do.",
  opened: "The status page shows the incident.",
  titleOf: "Title",
  impact: "Impact",
  impacts: {
    minor: "Minor: slow or partly failing",
    major: "Major: a component doesn’t work",
    critical: "Critical: nothing works",
  },
  part: "Component",
  message: "Message to users",
  state: "State",
  update: "Add an update",
  updateLead: "The update appears above the earlier ones.",
  updated: "The status page shows the update.",
  resolvedNow: "The incident is resolved.",
};

export type AdminStatus = typeof english;
export const adminStatus = messages(english, { hi: () => import("./hi/admin_status.ts") });
