import { messages } from "./language.ts";

const english = {
  title: "Status",
  description: "Whether OneAI works now, and what went wrong in the last ninety days.",
  overall: {
    operational: "Everything works.",
    degraded: "Some of it does not work as it should.",
    outage: "OneAI does not work as it should. We are told of it by alarms, and are on it.",
    maintenance: "We are working on OneAI.",
  } as Record<string, string>,
  unreachable: "OneAI cannot be reached. Check that you are online; if you are, it is our fault, and alarms tell us.",
  offline: "You are offline, so we cannot say how OneAI is.",
  checkedAt: (time: string) => `Looked just now, ${time}.`,
  again: "Look again",
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
    under_maintenance: "being worked on",
    degraded_performance: "slow, or wrong for some",
    partial_outage: "partly down",
    major_outage: "down",
  } as Record<string, string>,
  days: "Ninety days",
  daysAbout:
    "Made of the incidents below, in days of UTC, since the first person signed up here. What nobody noticed is not in it.",
  up: (percent: string, days: number) => `${percent} without an outage in ${days} ${days === 1 ? "day" : "days"}`,
  day: "Day",
  downtime: "Outage",
  minutes: (count: number) => `${count} min`,
  worst: "Impact",
  noBadDay: "No day had an incident.",
  impact: { minor: "minor", major: "major", critical: "critical" } as Record<string, string>,
  incidents: "Incidents",
  noIncidents: "There was none in ninety days.",
  unknown: "What happened before cannot be read now.",
  progress: {
    investigating: "Looking into it",
    identified: "Cause found",
    monitoring: "Watching",
    resolved: "Resolved",
  } as Record<string, string>,
  from: (start: string, end: string | null) => (end ? `${start} to ${end}` : `Since ${start}`),
};

export type StatusMessages = typeof english;
export const status = messages(english, { hi: () => import("./hi/status.ts") });
