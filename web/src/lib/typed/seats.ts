import { asciiDigits } from "./clean.ts";

/** How many seats a plan is sold with. */
export interface SeatRange {
  least: number;
  most: number;
}

/** The number of seats that was typed; null if it is none, or the plan is not sold with so many or so few. */
export function seatCount(typed: string, { least, most }: SeatRange): number | null {
  const plain = asciiDigits(typed.normalize("NFKC")).trim();
  const seats = /^\d{1,4}$/.test(plain) ? Number(plain) : 0;
  return least <= seats && seats <= most ? seats : null;
}

/** Whether the payer's bank asks about each charge for this number of seats. */
export function isConfirmed(price: { confirmed_from_seats?: number | null }, seats: number): boolean {
  return seats >= (price.confirmed_from_seats ?? Infinity);
}
