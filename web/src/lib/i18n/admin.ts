import english from "./admin.en.ts";
import { messages } from "./language.ts";

export const admin = messages(english, { hi: () => import("./admin.hi.ts") });
