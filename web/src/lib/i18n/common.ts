import english from "./common.en.ts";
import { messages } from "./language.ts";

export const common = messages(english, { hi: () => import("./common.hi.ts") });
