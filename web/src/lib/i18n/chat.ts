import english from "./chat.en.ts";
import { messages } from "./language.ts";

export const chat = messages(english, { hi: () => import("./chat.hi.ts") });
