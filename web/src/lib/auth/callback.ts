/** The result of a link in a mail, or of a sign-in provider. */
export type Callback =
  | { kind: "code"; code: string }
  /** A mail to replace a forgotten password. */
  | { kind: "token"; tokenHash: string }
  /** A mail that confirms the address of a new account. */
  | { kind: "confirmation"; tokenHash: string }
  | { kind: "error"; code: string; message: string | null }
  /** Nothing to do. A change of address also needs the other mail. */
  | { kind: "message" }
  /** A mail that was sent again confirmed an address. Such links carry tokens and no code. */
  | { kind: "confirmed" }
  | { kind: "nothing" };

/** Reads the query and the fragment of an address: errors come in either. Ignores tokens in an address, because the
 *  creator of a link could use them to sign the user in to another account. A confirmation in it still counts. */
export function readCallback(search: string, hash: string): Callback {
  const [query, fragment] = [new URLSearchParams(search), new URLSearchParams(hash.replace(/^#/, ""))];
  const value = (name: string) => query.get(name) ?? fragment.get(name);
  const error = value("error_code") ?? value("error");
  if (error) return { kind: "error", code: error, message: value("error_description") };
  const code = query.get("code");
  if (code) return { kind: "code", code };
  const tokenHash = query.get("token_hash");
  if (tokenHash && query.get("type") === "recovery") return { kind: "token", tokenHash };
  if (tokenHash && query.get("type") === "email") return { kind: "confirmation", tokenHash };
  if (fragment.has("access_token")) return { kind: "confirmed" };
  return value("message") ? { kind: "message" } : { kind: "nothing" };
}
