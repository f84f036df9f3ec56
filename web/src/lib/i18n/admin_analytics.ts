import english from "./admin_analytics.en.ts";
import { messages } from "./language.ts";

export const adminAnalytics = messages(english, { hi: () => import("./admin_analytics.hi.ts") });
