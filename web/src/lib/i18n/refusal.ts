import english from "./refusal.en.ts";
import { messages } from "./language.ts";

export const refusal = messages(english, { hi: () => import("./refusal.hi.ts") });
