import english from "./retention.en.ts";
import { messages } from "./language.ts";

export const retention = messages(english, { hi: () => import("./retention.hi.ts") });
