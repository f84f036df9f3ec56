import english from "./models.en.ts";
import { messages } from "./language.ts";

export const models = messages(english, { hi: () => import("./models.hi.ts") });
