import { messages } from "./language.ts";

const english = {
  title: "Status",
  description: "Whether OneAI works now, and the incidents of the last ninety days.",
  overall: {
    operational: "Everything works.",
    degraded: "Some parts do not work as they should.",
    outage: "OneAI does not work as it should. We have been alerted and are working on it.",
    maintenance: "We are working on OneAI.",
  } as Record<string, string>,
  unreachable:
    "OneAI cannot be reached. Check that you are online. If you are, the fault is ours, and we have been alerted.",
  offline: "You are offline, so we cannot show the status.",
  checkedAt: (time: string) => `Checked just now, ${time}.`,
  again: "Check again",
  until: (time: string) => `Expected to be back at ${time}.`,
  parts: "Parts",
  component: {
    api: "The app and the API",
    chat: "Answers",
    files: "Files",
    sign_in: "Signing in",
    payments: "Payments",
    mail: "Mail",
  } as Record<string, string>,
  state: {
    operational: "works",
    under_maintenance: "in maintenance",
    degraded_performance: "slow, or wrong for some",
    partial_outage: "partly down",
    major_outage: "down",
  } as Record<string, string>,
  days: "Last ninety days",
  daysAbout:
    "Computed from the incidents below, in UTC days, since the first sign-up. Problems without an incident do not count.",
  up: (percent: string, days: number) => `${percent} without an outage in ${days} ${days === 1 ? "day" : "days"}`,
  day: "Day",
  downtime: "Outage",
  minutes: (count: number) => `${count} min`,
  worst: "Impact",
  noBadDay: "There were no incidents.",
  impact: { minor: "minor", major: "major", critical: "critical" } as Record<string, string>,
  incidents: "Incidents",
  noIncidents: "There were none in ninety days.",
  unknown: "Past incidents cannot be loaded now.",
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
