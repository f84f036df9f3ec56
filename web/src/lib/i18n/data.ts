import english from "./data.en.ts";
import { messages } from "./language.ts";

export const data = messages(english, { hi: () => import("./data.hi.ts") });
