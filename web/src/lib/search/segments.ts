export interface Segment {
  text: string;
  marked: boolean;
}

/** A text in pieces, with matches marked.
 *
 *  @param highlights pairs of start and end in code points, the end exclusive, in any order
 */
export function segments(text: string, highlights: readonly (readonly number[])[]): Segment[] {
  const points = [...text];
  const pieces: Segment[] = [];
  let at = 0;
  const add = (to: number, marked: boolean) => {
    if (to > at) pieces.push({ text: points.slice(at, to).join(""), marked });
    at = Math.max(at, to);
  };
  for (const [start = 0, end = 0] of highlights.toSorted((one, other) => one[0]! - other[0]!)) {
    add(Math.min(start, points.length), false);
    add(Math.min(end, points.length), true);
  }
  add(points.length, false);
  return pieces;
}
