import { cleanCode } from "../typed/clean.ts";

/** What is wrong with an address before it is sent: what the API would refuse anyway, said at once. */
export function emailProblem(email: string): "missing" | "invalid" | null {
  const text = cleanCode(email);
  if (text === "") return "missing";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : "invalid";
}

/** Characters that a new password has at least; the project may want more. */
export const SHORTEST_PASSWORD = 8;
