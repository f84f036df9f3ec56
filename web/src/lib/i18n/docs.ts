import english from "./docs.en.ts";
import { messages } from "./language.ts";

export const docs = messages(english, { hi: () => import("./docs.hi.ts") });
