import english from "./search.en.ts";
import { messages } from "./language.ts";

export const search = messages(english, { hi: () => import("./search.hi.ts") });
