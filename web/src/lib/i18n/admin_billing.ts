import english from "./admin_billing.en.ts";
import { messages } from "./language.ts";

export const adminBilling = messages(english, { hi: () => import("./admin_billing.hi.ts") });
