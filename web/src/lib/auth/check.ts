import { cleanCode } from "../typed/clean.ts";

/** The problem with an address, found before it is sent: what the API would refuse anyway. */
export function emailProblem(email: string): "missing" | "invalid" | null {
  const text = cleanCode(email);
  if (text === "") return "missing";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : "invalid";
}

/** The minimum length of a new password, in characters. The project can require more. */
export const SHORTEST_PASSWORD = 8;
