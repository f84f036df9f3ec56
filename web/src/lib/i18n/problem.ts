import english from "./problem.en.ts";
import { messages } from "./language.ts";

export const problem = messages(english, { hi: () => import("./problem.hi.ts") });
