import { messages } from "./language.ts";

const english = {
  notFoundTitle: "There is no such page",
  notFound: "The address may have a mistake in it, or what was here is gone.",
  offlineTitle: "You are offline",
  offline: "This page is not on this device. The conversations that you read last are, and open without a connection.",
  errorTitle: "Something went wrong",
  error: "The page could not be shown. Load it again; if that does not help, try again later.",
  retry: "Load again",
  start: "Go to the start page",
  conversations: "Go to the conversations",
};

export type Problem = typeof english;
export const problem = messages(english, { hi: () => import("./hi/problem.ts") });
