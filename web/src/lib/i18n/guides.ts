import english from "./guides.en.ts";
import { messages } from "./language.ts";

export const guides = messages(english, { hi: () => import("./guides.hi.ts") });
