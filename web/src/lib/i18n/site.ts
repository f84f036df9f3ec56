import english from "./site.en.ts";
import { messages } from "./language.ts";

export const site = messages(english, { hi: () => import("./site.hi.ts") });
