import english from "./documents.en.ts";
import { messages } from "./language.ts";

export const documents = messages(english, { hi: () => import("./documents.hi.ts") });
