import { messages } from "./language.ts";

const english = {
  notFoundTitle: "Page not found",
  notFound: "The address may be wrong, or the page no longer exists.",
  offlineTitle: "You’re offline",
  offline: "This page isn’t on this device. Chats you read recently open without a connection.",
  errorTitle: "Something went wrong",
  error: "The page couldn’t be shown. Reload it. If that doesn’t help, try again later.",
  retry: "Reload",
  start: "Go to the home page",
  conversations: "Go to your chats",
};

export type Problem = typeof english;
export const problem = messages(english, { hi: () => import("./hi/problem.ts") });
