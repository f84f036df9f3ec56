import { messages } from "./language.ts";

const english = {
  title: "Complaints",
  lead: "About your data, or about what somebody shared here, you can complain to the grievance officer:",
  times:
    "You hear within a day that it arrived. Intimate images that were shared without consent are decided within two hours, orders of courts and authorities within three, everything else within seven days. If the answer does not satisfy you, you can turn to the Data Protection Board of India.",
};

export type GrievanceMessages = typeof english;
export const grievance = messages(english, { hi: () => import("./hi/grievance.ts") });
