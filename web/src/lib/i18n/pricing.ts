import english from "./pricing.en.ts";
import { messages } from "./language.ts";

export const pricing = messages(english, { hi: () => import("./pricing.hi.ts") });
