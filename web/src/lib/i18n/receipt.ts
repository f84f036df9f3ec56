import english from "./receipt.en.ts";
import { messages } from "./language.ts";

export const receipt = messages(english, { hi: () => import("./receipt.hi.ts") });
