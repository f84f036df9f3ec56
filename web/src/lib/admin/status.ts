import type { Schemas } from "./backend.ts";

/** The parts of the service, as the status page has them. */
export const COMPONENTS = [
  "api",
  "chat",
  "files",
  "sign_in",
  "payments",
  "mail",
] as const satisfies readonly Schemas["ComponentName"][];

export const IMPACTS = ["minor", "major", "critical"] as const satisfies readonly Schemas["Impact"][];

export const INCIDENT_STATES = [
  "investigating",
  "identified",
  "monitoring",
  "resolved",
] as const satisfies readonly Schemas["IncidentState"][];
