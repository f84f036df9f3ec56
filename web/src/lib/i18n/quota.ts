import english from "./quota.en.ts";
import { messages } from "./language.ts";

export const quota = messages(english, { hi: () => import("./quota.hi.ts") });
