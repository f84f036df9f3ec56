import english from "./usage.en.ts";
import { messages } from "./language.ts";

export const usage = messages(english, { hi: () => import("./usage.hi.ts") });
