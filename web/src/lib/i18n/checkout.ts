import english from "./checkout.en.ts";
import { messages } from "./language.ts";

export const checkout = messages(english, { hi: () => import("./checkout.hi.ts") });
