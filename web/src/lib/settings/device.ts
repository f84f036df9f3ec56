/** Browsers by the text that each has in its user agent and none before it in this list has. */
const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["SamsungBrowser", "Samsung Internet"],
  ["Firefox/", "Firefox"],
  ["FxiOS", "Firefox"],
  ["Chrome/", "Chrome"],
  ["CriOS", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Macintosh", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
] as const;

/** The browser and the system of a user agent by their common names; for a program, its first word. Null if nothing is
 *  known. */
export function deviceOf(userAgent: string | null): { browser: string; system: string | null } | null {
  if (!userAgent?.trim()) return null;
  const named = (names: readonly (readonly [string, string])[]) =>
    names.find(([sign]) => userAgent.includes(sign))?.[1];
  const browser = named(BROWSERS) ?? userAgent.trim().split(/[\s/]/, 1)[0]!;
  return { browser, system: named(SYSTEMS) ?? null };
}
