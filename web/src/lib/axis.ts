/** The end of a chart's axis: 1, 2 or 5 times a power of ten, at least `most` and at least 1. */
export function axisEnd(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((end) => end >= most) ?? power;
}

export interface Axis {
  low: number;
  high: number;
  /** What is written beside it, from the top down, at equal distances; 0 is among them. */
  ticks: number[];
}

/** The axis of these values: it begins at 0, or below it where a value does. */
export function axisOf(values: readonly number[]): Axis {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const end = axisEnd(Math.max(most, -least));
  const step = end / 2;
  const above = most >= -least ? 2 : Math.ceil(most / step);
  const below = most >= -least ? Math.ceil(-least / step) : 2;
  const ticks = Array.from({ length: above + below + 1 }, (_, place) => (above - place) * step);
  return { low: 0 - below * step, high: above * step, ticks };
}
