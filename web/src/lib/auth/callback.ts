/** What a link of a mail, or a provider of sign-in, led back with. */
export type Callback =
  | { kind: "code"; code: string }
  | { kind: "error"; code: string; message: string | null }
  /** Nothing is to be done; of a change of address, the other mail has to be answered too. */
  | { kind: "message" }
  /** An address was confirmed by a mail that was sent again: such links carry tokens and no code. */
  | { kind: "confirmed" }
  | { kind: "nothing" };

/** Reads the query and the fragment of an address: errors come in either. Tokens are not taken from an address, because
 *  the maker of the link could sign the person in to an account of their own; what it confirmed counts all the same. */
export function readCallback(search: string, hash: string): Callback {
  const [query, fragment] = [new URLSearchParams(search), new URLSearchParams(hash.replace(/^#/, ""))];
  const value = (name: string) => query.get(name) ?? fragment.get(name);
  const error = value("error_code") ?? value("error");
  if (error) return { kind: "error", code: error, message: value("error_description") };
  const code = query.get("code");
  if (code) return { kind: "code", code };
  if (fragment.has("access_token")) return { kind: "confirmed" };
  return value("message") ? { kind: "message" } : { kind: "nothing" };
}
