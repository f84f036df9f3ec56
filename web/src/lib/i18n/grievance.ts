import { messages } from "./language.ts";

const english = {
  title: "Complaints",
  lead: "Send complaints about your data, or about a shared conversation, to the grievance officer:",
  times:
    "We confirm within a day that your complaint arrived. We decide about intimate images shared without consent within two hours, about orders of courts and authorities within three hours, and about everything else within seven days. If our answer does not satisfy you, you can write to the Data Protection Board of India.",
};

export type GrievanceMessages = typeof english;
export const grievance = messages(english, { hi: () => import("./hi/grievance.ts") });
