import english from "./sources.en.ts";
import { messages } from "./language.ts";

export const sources = messages(english, { hi: () => import("./sources.hi.ts") });
