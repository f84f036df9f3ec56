/** The size of a sparkline's drawing, which is stretched to the room there is. */
export const [WIDTH, HEIGHT] = [100, 30];
const MARGIN = 2;

export interface Sparkline {
  /** The path of the line, with a gap where a value is missing. */
  line: string;
  /** The path of the area between the line and zero. */
  area: string;
}

/** The drawing of a figure's course; null with fewer than two values, and where all are zero. Zero is part of its scale. */
export function sparkline(values: readonly (number | null)[]): Sparkline | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2 || known.every((value) => value === 0)) return null;
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const y = (value: number) => round(HEIGHT - MARGIN - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * MARGIN));
  const x = (place: number) => round((place / (values.length - 1)) * WIDTH);
  const runs = runsOf(values);
  return {
    line: runs
      .map((run) => run.map(([place, value], at) => `${at ? "L" : "M"}${x(place)} ${y(value)}`).join("") + dot(run))
      .join(""),
    area: runs
      .filter((run) => run.length > 1)
      .map((run) => {
        const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
        const points = run.map(([place, value]) => `L${x(place)} ${y(value)}`).join("");
        return `M${x(first)} ${y(0)}${points}L${x(last)} ${y(0)}Z`;
      })
      .join(""),
  };
}

type Point = readonly [place: number, value: number];

/** The values that follow each other without a gap. */
function runsOf(values: readonly (number | null)[]): Point[][] {
  const runs: Point[][] = [];
  values.forEach((value, place) => {
    if (value === null) return;
    if (place === 0 || values[place - 1] === null) runs.push([]);
    runs.at(-1)?.push([place, value]);
  });
  return runs;
}

/** A value between two gaps has no line; a round line end draws it. */
function dot(run: readonly Point[]): string {
  return run.length === 1 ? "h0" : "";
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
