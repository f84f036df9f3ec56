/** The longest name of a passkey, in bytes of UTF-8: Supabase Auth counts bytes. */
const NAME_BYTES = 120;

export type Ceremony = "sign_in" | "add";

/** The code for what a browser threw. Browsers do not say whether the user cancelled, waited too long or has no
 *  passkey: all three are `NotAllowedError`. */
export function browserProblem(which: Ceremony, error: Error): string {
  switch (error.cause instanceof Error ? error.cause.name : error.name) {
    case "NotAllowedError":
    case "AbortError":
      return which === "add" ? "passkey_not_added" : "passkey_cancelled";
    case "InvalidStateError": // a security key without the passkey says so too
      return which === "add" ? "passkey_exists" : "passkey_cancelled";
    case "SecurityError":
      return "passkey_wrong_address";
    case "NotSupportedError":
    case "ConstraintError":
      return "passkey_unsupported";
    case "OperationError":
      return "passkey_pending";
    default:
      return "passkey_failed";
  }
}

/** Why a name is refused; null for a valid one. */
export function passkeyNameProblem(name: string): "missing" | "long" | null {
  if (name === "") return "missing";
  return new TextEncoder().encode(name).length > NAME_BYTES ? "long" : null;
}
