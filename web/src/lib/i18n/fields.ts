import type { FieldError } from "../api/fields.ts";
import english, { type Fields } from "./fields.en.ts";
import { messages } from "./language.ts";

export const fields = messages(english, { hi: () => import("./fields.hi.ts") });

/** The sentence for a field's error, or undefined without one. */
export function fieldSentence(error: FieldError | undefined, { byCode }: Fields): string | undefined {
  return error && (byCode[error.code] ?? error.message);
}
