/** The end of a chart's axis: 1, 2 or 5 times a power of ten, at least `most` and at least 1. */
export function axisEnd(most: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((end) => end >= most) ?? power;
}

/** Both ends of the axis of these values: it begins at 0, or below it where a value does. */
export function axisOf(values: readonly number[]): { low: number; high: number } {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const low = least < 0 ? -axisEnd(-least) : 0;
  return { low, high: most > 0 || low === 0 ? axisEnd(most) : 0 };
}
