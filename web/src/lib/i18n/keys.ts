import english from "./keys.en.ts";
import { messages } from "./language.ts";

export const keys = messages(english, { hi: () => import("./keys.hi.ts") });
