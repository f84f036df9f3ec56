import english from "./admin_operations.en.ts";
import { messages } from "./language.ts";

export const adminOperations = messages(english, { hi: () => import("./admin_operations.hi.ts") });
