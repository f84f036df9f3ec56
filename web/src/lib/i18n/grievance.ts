import { messages } from "./language.ts";

const english = {
  title: "Complaints",
  lead: "Send complaints about your data, or about a shared chat, to the grievance officer:",
  times:
    "We confirm receipt within a day. We decide on intimate images shared without consent within two hours, on orders of courts and authorities within three hours, and on everything else within seven days. If you’re not satisfied with our answer, you can write to the Data Protection Board of India.",
};

export type GrievanceMessages = typeof english;
export const grievance = messages(english, { hi: () => import("./hi/grievance.ts") });
