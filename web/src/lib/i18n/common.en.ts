const common = {
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  retry: "Try again",
  loading: "Loading…",
  copy: "Copy",
  copied: "Copied",
  offline: "You are offline. What you read last is here; asking works again when you are back.",
  newVersion: "A new version of this page is ready.",
  reload: "Reload",
  signIn: "Sign in",
  signUp: "Create account",
  signOut: "Sign out",
  /** By an error's code; what is not listed is told in the API's own sentence. */
  errors: {
    network: "The connection failed. Check that you are online, and try again.",
    unexpected: "Something went wrong here. Try again; if it stays, tell us the request's number.",
    unauthenticated: "You are no longer signed in. Sign in again.",
    forbidden: "Your account may not do this.",
    account_suspended: "Your account is suspended, so this is closed.",
    account_deleting: "Your account is being deleted. Restore it to go on.",
    deletion_final: "It is too late: the account is being erased.",
    not_found: "This is no longer here.",
    invalid_request: "Something that was entered cannot be accepted.",
    precondition_failed: "This was changed elsewhere since you opened it.",
    rate_limited: "That was too much at once. Wait a moment, and try again.",
    body_too_large: "This is too large.",
    storage_full: "Your storage is full.",
    busy: "The service is very busy. Try again in a moment.",
    service_paused: "The service is paused for maintenance. Try again later.",
    timeout: "This took too long and was given up. Try again.",
    internal_error: "Something went wrong here. Try again; if it stays, tell us the request's number.",
  } as Record<string, string>,
  requestId: (id: string) => `Request ${id}`,
};

export type Common = typeof common;
export default common;
