import type { components } from "$types/api";
import { ApiError } from "./errors.ts";

export type FieldError = components["schemas"]["FieldError"];

/** What the API says of one field, or of a field inside it (`budget` also finds `budget.micro_usd`); undefined: nothing. */
export function fieldError(failure: unknown, field: string): FieldError | undefined {
  if (!(failure instanceof ApiError)) return undefined;
  return failure.body.details?.find((each) => each.field === field || each.field.startsWith(`${field}.`));
}
