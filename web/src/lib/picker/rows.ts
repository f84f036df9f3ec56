import type { ListedModel } from "../models.ts";
import type { Group } from "./groups.ts";

/** A row of the list: a model, with its number among all models that are listed. */
export interface Option {
  number: number;
  model: ListedModel;
  /** The top of the row, in units of `layOut`. */
  top: number;
}

/** A group with the place of its heading and its rows. */
export interface PlacedGroup {
  group: Group;
  top: number;
  options: Option[];
}

/** Heights of a heading and of a row, in one unit. */
export interface Heights {
  heading: number;
  row: number;
}

/** The place of every row, one below another, so that those in view alone need to be on the page. */
export function layOut(groups: readonly Group[], heights: Heights): { groups: PlacedGroup[]; height: number } {
  let top = 0;
  let number = 0;
  const placed = groups.map((group) => {
    const at = top;
    top += heights.heading;
    const options = group.models.map((model) => {
      const option = { number: number++, model, top };
      top += heights.row;
      return option;
    });
    return { group, top: at, options };
  });
  return { groups: placed, height: top };
}

/** The groups and rows that are between `from` and `to`, and the active row, which always has to be on the page. */
export function inView(
  placed: readonly PlacedGroup[],
  heights: Heights,
  from: number,
  to: number,
  active: number,
): PlacedGroup[] {
  return placed
    .map((each) => ({
      ...each,
      options: each.options.filter(({ top, number }) => (top + heights.row >= from && top <= to) || number === active),
    }))
    .filter(({ top, options }) => options.length > 0 || (top + heights.heading >= from && top <= to));
}

/** Where to scroll so that row `active` is seen, with the heading above the first of a group; null if it is. */
export function scrollTo(
  placed: readonly PlacedGroup[],
  heights: Heights,
  active: number,
  top: number,
  height: number,
): number | null {
  const group = placed.find(({ options }) => options.some(({ number }) => number === active));
  const option = group?.options.find(({ number }) => number === active);
  if (!group || !option) return null;
  const from = option === group.options[0] ? group.top : option.top;
  if (from < top) return from;
  const to = option.top + heights.row;
  return to > top + height ? to - height : null;
}
