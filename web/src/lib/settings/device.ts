/** Browsers by what each says of itself and no other before it in this list does. */
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

/** Browser and system of a user agent, as people name them; a program is its own first word. Null: nothing is known. */
export function deviceOf(userAgent: string | null): { browser: string; system: string | null } | null {
  if (!userAgent?.trim()) return null;
  const named = (names: readonly (readonly [string, string])[]) =>
    names.find(([sign]) => userAgent.includes(sign))?.[1];
  const browser = named(BROWSERS) ?? userAgent.trim().split(/[\s/]/, 1)[0]!;
  return { browser, system: named(SYSTEMS) ?? null };
}
