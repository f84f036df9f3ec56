/** Black or white: the one that is easier to read on this colour (`#rrggbb`), by the contrast of WCAG 2. */
export function textOn(color: string): "#000000" | "#ffffff" {
  return contrast(luminance(color), 0) >= contrast(luminance(color), 1) ? "#000000" : "#ffffff";
}

/** The contrast of this colour with a white page, from 1 to 21. */
export function contrastWithWhite(color: string): number {
  return contrast(luminance(color), 1);
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
