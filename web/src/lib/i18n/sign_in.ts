import english from "./sign_in.en.ts";
import { messages } from "./language.ts";

export const signIn = messages(english, { hi: () => import("./sign_in.hi.ts") });
