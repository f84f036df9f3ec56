import english from "./about.en.ts";
import { messages } from "./language.ts";

export const about = messages(english, { hi: () => import("./about.hi.ts") });
