import english from "./consents.en.ts";
import { messages } from "./language.ts";

export const consents = messages(english, { hi: () => import("./consents.hi.ts") });
