import english from "./admin_status.en.ts";
import { messages } from "./language.ts";

export const adminStatus = messages(english, { hi: () => import("./admin_status.hi.ts") });
