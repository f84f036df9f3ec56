import english from "./regions.en.ts";
import { messages } from "./language.ts";

export const regions = messages(english, { hi: () => import("./regions.hi.ts") });
