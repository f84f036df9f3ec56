import { readableOn, textOn } from "../contrast.ts";
import type { Configuration } from "./configuration.ts";

const SURFACES = { light: "#ffffff", dark: "#1d211e" } as const;

/** Puts the owner's colours on the page. A colour that cannot be read on the page's background is moved until it can. */
export function applyTheme(root: HTMLElement, { color, radius, appearance }: Configuration): void {
  const { style } = root;
  root.dataset.appearance = appearance;
  style.setProperty("--color", color);
  style.setProperty("--on-color", textOn(color));
  style.setProperty("--radius", `${radius}px`);
  for (const [name, surface] of Object.entries(SURFACES))
    style.setProperty(`--accent-${name}`, readableOn(color, surface, 4.5));
}
