/** What stands in a field of the form that an event submits, without white space around it; null: it has no such field. */
export function fieldText(event: SubmitEvent, name: string): string | null {
  const value = new FormData(event.target as HTMLFormElement).get(name);
  return typeof value === "string" ? value.trim() : null;
}
