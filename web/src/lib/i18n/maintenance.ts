import english from "./maintenance.en.ts";
import { messages } from "./language.ts";

export const maintenance = messages(english, { hi: () => import("./maintenance.hi.ts") });
