import english from "./legal.en.ts";
import { messages } from "./language.ts";

export const legal = messages(english, { hi: () => import("./legal.hi.ts") });
