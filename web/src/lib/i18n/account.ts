import english from "./account.en.ts";
import { messages } from "./language.ts";

export const account = messages(english, { hi: () => import("./account.hi.ts") });
