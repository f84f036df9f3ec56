import english from "./organise.en.ts";
import { messages } from "./language.ts";

export const organise = messages(english, { hi: () => import("./organise.hi.ts") });
