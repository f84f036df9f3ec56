import english from "./admin_users.en.ts";
import { messages } from "./language.ts";

export const adminUsers = messages(english, { hi: () => import("./admin_users.hi.ts") });
