/** Colours of text on the owner's colour, by WCAG's relative luminance. */

const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;

/** The luminance of `#rrggbb`, from 0 (black) to 1 (white); null for other text. */
export function luminance(color: string): number | null {
  const parts = HEX.exec(color);
  if (!parts) return null;
  const [r = 0, g = 0, b = 0] = parts.slice(1).map((part) => {
    const value = Number.parseInt(part, 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The ratio between two colours, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one) ?? 0, luminance(other) ?? 0];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Black or white, whichever reads better on the colour: always 4.5 or more. */
export function textOn(color: string): "#000000" | "#ffffff" {
  return contrast(color, "#ffffff") >= contrast(color, "#000000") ? "#ffffff" : "#000000";
}

/** The colour moved towards black or white until it stands out from its background by `ratio`. */
export function readableOn(color: string, background: string, ratio: number): string {
  const target = textOn(background) === "#ffffff" ? 255 : 0;
  const parts = HEX.exec(color)
    ?.slice(1)
    .map((part) => Number.parseInt(part, 16)) ?? [target, target, target];
  for (let step = 0; step < 20; step++) {
    const share = step / 20;
    const mixed = parts.map((part) =>
      Math.round(part + (target - part) * share)
        .toString(16)
        .padStart(2, "0"),
    );
    const text = `#${mixed.join("")}`;
    if (contrast(text, background) >= ratio) return text;
  }
  return textOn(background);
}
