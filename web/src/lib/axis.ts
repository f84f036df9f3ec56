/** The end of a chart's axis: 1, 2 or 5 times a power of ten, at least `max` and at least 1. */
export function axisEnd(max: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, max)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((end) => end >= max) ?? power;
}

export interface Axis {
  low: number;
  high: number;
  /** The labels from the top down, at equal distances. 0 is one of them. */
  ticks: number[];
}

/** The axis for these values. It starts at 0, or below if a value does. */
export function axisOf(values: readonly number[]): Axis {
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)];
  const end = axisEnd(Math.max(max, -min));
  const step = end / 2;
  const above = max >= -min ? 2 : Math.ceil(max / step);
  const below = max >= -min ? Math.ceil(-min / step) : 2;
  const ticks = Array.from({ length: above + below + 1 }, (_, place) => (above - place) * step);
  return { low: 0 - below * step, high: above * step, ticks };
}
