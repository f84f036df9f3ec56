import type { Settings } from "../i18n/settings.ts";

/** The pages of a team, which only its members see, by the message that names each. */
export const TEAM_SECTIONS = [
  ["workspace", "/settings/workspace"],
  ["team", "/settings/team"],
] as const satisfies readonly (readonly [keyof Settings, string])[];

/** Where the deployment has no such keys, it is not listed. */
export const PROVIDER_KEYS = "/settings/provider-keys";

/** The pages of `/settings` in order, by the message that names each. */
export const SECTIONS = [
  ["profile", "/settings/profile"],
  ["preferences", "/settings/preferences"],
  ["instructions", "/settings/instructions"],
  ["prompts", "/settings/prompts"],
  ["notifications", "/settings/notifications"],
  ["keys", "/settings/keys"],
  ["providerKeys", PROVIDER_KEYS],
  ["links", "/settings/links"],
  ["data", "/settings/data"],
  ["sessions", "/settings/sessions"],
  ["deleteAccount", "/settings/delete"],
] as const satisfies readonly (readonly [keyof Settings, string])[];
