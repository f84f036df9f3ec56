import { messages } from "./language.ts";

const english = {
  title: "OneAI is under maintenance.",
  until: (time: string) => `Expected to be back at ${time}.`,
  kept: "Your text is saved.",
  status: "Status",
};

export type MaintenanceMessages = typeof english;
export const maintenance = messages(english, { hi: () => import("./hi/maintenance.ts") });
