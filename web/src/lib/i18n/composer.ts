import english from "./composer.en.ts";
import { messages } from "./language.ts";

export const composer = messages(english, { hi: () => import("./composer.hi.ts") });
