import english from "./markdown.en.ts";
import { messages } from "./language.ts";

export const markdown = messages(english, { hi: () => import("./markdown.hi.ts") });
