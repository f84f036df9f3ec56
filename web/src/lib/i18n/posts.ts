import english from "./posts.en.ts";
import { messages } from "./language.ts";

export const posts = messages(english, { hi: () => import("./posts.hi.ts") });
