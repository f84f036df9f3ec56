import { messages } from "./language.ts";

const english = {
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  retry: "Try again",
  loading: "Loading…",
  more: "Show more",
  copy: "Copy",
  copied: "Copied",
  offline: "You’re offline. You can read recent chats, and ask again when you’re back online.",
  sessionRetrying: "The sign-in service isn’t responding. You stay signed in, and this page keeps trying.",
  newVersion: "A new version of this page is ready.",
  reload: "Reload",
  signIn: "Sign in",
  signUp: "Create account",
  signOut: "Sign out",
  /** By an error’s code. Other codes show the API’s own sentence, which for rare ones is as good: this module is part of
   *  every page. Hindi has all of them. */
  errors: {
    network: "The connection failed. Check that you’re online and try again.",
    unexpected: "Something went wrong on our side. Try again. If the problem continues, send us the request ID.",
    unauthenticated: "You’re no longer signed in. Sign in again.",
    session_not_renewed: "The sign-in service isn’t responding. You stay signed in. Try again in a moment.",
    forbidden: "Your account isn’t allowed to do this.",
    account_suspended: "Your account is suspended, so you can’t do this.",
    not_found: "This no longer exists.",
    invalid_request: "Check what you entered.",
    rate_limited: "Too many requests. Wait a moment and try again.",
    storage_full: "Your storage is full.",
    busy: "The service is very busy. Try again in a moment.",
    service_paused: "Answers are paused for today. Try again tomorrow.",
    timeout: "This took too long. Try again.",
    internal_error: "Something went wrong on our side. Try again. If the problem continues, send us the request ID.",
  } as Record<string, string>,
  requestId: (id: string) => `Request ${id}`,
};

export type Common = typeof english;
export const common = messages(english, { hi: () => import("./hi/common.ts") });
