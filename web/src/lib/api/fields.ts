import type { components } from "$types/api";
import { ApiError } from "./errors.ts";

export type FieldError = components["schemas"]["FieldError"];

/** The API's error for a field, or for a field inside it (`budget` also finds `budget.micro_usd`); undefined if there
 *  is none. */
export function fieldError(failure: unknown, field: string): FieldError | undefined {
  if (!(failure instanceof ApiError)) return undefined;
  return failure.body.details?.find((each) => each.field === field || each.field.startsWith(`${field}.`));
}
