import { messages } from "./language.ts";

const english = {
  notFoundTitle: "Page not found",
  notFound: "The address may be wrong, or the page no longer exists.",
  offlineTitle: "You are offline",
  offline: "This page is not on this device. The conversations that you read last open without a connection.",
  errorTitle: "Something went wrong",
  error: "The page could not be shown. Reload it. If that does not help, try again later.",
  retry: "Reload",
  start: "Go to the start page",
  conversations: "Go to your conversations",
};

export type Problem = typeof english;
export const problem = messages(english, { hi: () => import("./hi/problem.ts") });
