/** What a link of a mail, or a provider of sign-in, led back with. */
export type Callback =
  | { kind: "code"; code: string }
  | { kind: "error"; code: string; message: string | null }
  /** Nothing is to be done; of a change of address, the other mail has to be answered too. */
  | { kind: "message" }
  | { kind: "nothing" };

/** Reads the query and the fragment of an address: errors come in either. */
export function readCallback(search: string, hash: string): Callback {
  const [query, fragment] = [new URLSearchParams(search), new URLSearchParams(hash.replace(/^#/, ""))];
  const value = (name: string) => query.get(name) ?? fragment.get(name);
  const error = value("error_code") ?? value("error");
  if (error) return { kind: "error", code: error, message: value("error_description") };
  const code = query.get("code");
  if (code) return { kind: "code", code };
  return value("message") ? { kind: "message" } : { kind: "nothing" };
}
