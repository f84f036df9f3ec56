import english from "./grievance.en.ts";
import { messages } from "./language.ts";

export const grievance = messages(english, { hi: () => import("./grievance.hi.ts") });
