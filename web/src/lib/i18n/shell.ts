import english from "./shell.en.ts";
import { messages } from "./language.ts";

export const shell = messages(english, { hi: () => import("./shell.hi.ts") });
