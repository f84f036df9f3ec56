import { read, write } from "./storage.ts";
import { Store } from "./state/store.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "oneai.theme"; // `static/appearance.js` reads it before the first paint

/** The colours of all pages; `system` follows the device. */
export const theme = new Store<Theme>(stored());

/** Shows the page in these colours, and remembers them on this device. */
export function setTheme(next: Theme): void {
  write(KEY, next === "system" ? null : next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  theme.set(next);
}

function stored(): Theme {
  const kept = read(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}
