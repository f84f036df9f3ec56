import english from "./plans.en.ts";
import { messages } from "./language.ts";

export const plans = messages(english, { hi: () => import("./plans.hi.ts") });
