import english from "./billing.en.ts";
import { messages } from "./language.ts";

export const billing = messages(english, { hi: () => import("./billing.hi.ts") });
