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
  } as Record<string, string>,
  requestId: (id: string) => `Request ${id}`,
};

export type Common = typeof common;
export default common;
