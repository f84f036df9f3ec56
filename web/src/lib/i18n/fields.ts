import type { FieldError } from "../api/fields.ts";
import { messages } from "./language.ts";

const english = {
  /** Errors of fields, by the API's code; other codes show the API’s own sentence. */
  byCode: {
    required: "This is required.",
    empty: "This is required.",
    too_short: "This is too short.",
    too_long: "This is too long.",
    too_few: "Choose at least one.",
    too_many: "Choose fewer.",
    too_small: "This number is too small.",
    too_large: "This number is too large.",
    wrong_type: "This has the wrong format.",
    not_a_choice: "Choose one of the options.",
    in_the_past: "Choose a time in the future.",
    mismatch: "This doesn’t match.",
    repeated: "This is listed twice.",
    unknown_upload: "The file has expired. Choose it again.",
    not_uploaded: "The file wasn’t uploaded. Choose it again.",
    unsupported_type: "This file type can’t be used here.",
  } as Record<string, string>,
};

export type Fields = typeof english;
export const fields = messages(english, { hi: () => import("./hi/fields.ts") });

/** The sentence for a field's error, or undefined without one. */
export function fieldSentence(error: FieldError | undefined, { byCode }: Fields): string | undefined {
  return error && (byCode[error.code] ?? error.message);
}
