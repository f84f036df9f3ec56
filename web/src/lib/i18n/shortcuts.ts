import english from "./shortcuts.en.ts";
import { messages } from "./language.ts";

export const shortcuts = messages(english, { hi: () => import("./shortcuts.hi.ts") });
