import english from "./landing.en.ts";
import { messages } from "./language.ts";

export const landing = messages(english, { hi: () => import("./landing.hi.ts") });
