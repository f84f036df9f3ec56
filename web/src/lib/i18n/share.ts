import english from "./share.en.ts";
import { messages } from "./language.ts";

export const share = messages(english, { hi: () => import("./share.hi.ts") });
