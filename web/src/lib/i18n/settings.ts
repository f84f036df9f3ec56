import english from "./settings.en.ts";
import { messages } from "./language.ts";

export const settings = messages(english, { hi: () => import("./settings.hi.ts") });
