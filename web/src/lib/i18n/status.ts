import english from "./status.en.ts";
import { messages } from "./language.ts";

export const status = messages(english, { hi: () => import("./status.hi.ts") });
