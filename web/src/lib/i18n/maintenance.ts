import { messages } from "./language.ts";

const english = {
  title: "We are working on OneAI.",
  until: (time: string) => `Expected to be back at ${time}.`,
  kept: "What you typed stays here.",
  status: "Status",
};

export type MaintenanceMessages = typeof english;
export const maintenance = messages(english, { hi: () => import("./hi/maintenance.ts") });
