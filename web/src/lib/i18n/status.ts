import { messages } from "./language.ts";

const english = {
  title: "Status",
  description: "Whether OneAI is working now, and incidents in the last 90 days.",
  overall: {
    operational: "All systems operational.",
    degraded: "Some parts aren’t working properly.",
    outage: "OneAI isn’t working properly. We’ve been alerted and are working on it.",
    maintenance: "OneAI is under maintenance.",
  } as Record<string, string>,
  unreachable:
    "OneAI can’t be reached. Check that you’re online. If you are, the problem is on our side, and we’ve been alerted.",
  offline: "You’re offline, so we can’t show the status.",
  checkedAt: (time: string) => `Checked just now, ${time}.`,
  again: "Check again",
  until: (time: string) => `Expected to be back at ${time}.`,
  parts: "Components",
  component: {
    api: "The app and the API",
    chat: "Answers",
    files: "Files",
    sign_in: "Sign-in",
    payments: "Payments",
    mail: "Email",
  } as Record<string, string>,
  state: {
    operational: "operational",
    under_maintenance: "under maintenance",
    degraded_performance: "slow or partly failing",
    partial_outage: "partial outage",
    major_outage: "major outage",
  } as Record<string, string>,
  days: "Last 90 days",
  daysAbout: "Based on the incidents below, in UTC days, since the first sign-up.",
  up: (percent: string, days: number) => `${percent} uptime in ${days} ${days === 1 ? "day" : "days"}`,
  day: "Day",
  downtime: "Outage",
  minutes: (count: number) => `${count} min`,
  worst: "Impact",
  noBadDay: "No incidents.",
  impact: { minor: "minor", major: "major", critical: "critical" } as Record<string, string>,
  incidents: "Incidents",
  noIncidents: "No incidents in the last 90 days.",
  unknown: "Past incidents couldn’t be loaded.",
  progress: {
    investigating: "Investigating",
    identified: "Identified",
    monitoring: "Monitoring",
    resolved: "Resolved",
  } as Record<string, string>,
  from: (start: string, end: string | null) => (end ? `${start} to ${end}` : `Since ${start}`),
};

export type StatusMessages = typeof english;
export const status = messages(english, { hi: () => import("./hi/status.ts") });
