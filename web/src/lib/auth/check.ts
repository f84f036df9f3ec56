import { cleanCode } from "../typed/clean.ts";

/** The problem with an address, found before it is sent: what the API would refuse anyway. */
export function emailProblem(email: string): "missing" | "invalid" | null {
  const text = cleanCode(email);
  if (text === "") return "missing";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : "invalid";
}

/** The minimum length of a new password, in characters. The project can require more. */
export const SHORTEST_PASSWORD = 10;

/** The problem with a new password: too short, or one of the first that are guessed. The rules for these are loaded on
 *  demand; if they cannot be, the length alone counts. */
export async function passwordProblem(password: string, email: string | null): Promise<"short" | "common" | null> {
  if (password.length < SHORTEST_PASSWORD) return "short";
  const rules = await import("./common_passwords.ts").catch(() => null);
  return rules?.isCommon(password, email ?? "") ? "common" : null;
}
