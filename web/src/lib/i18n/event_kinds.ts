import english from "./event_kinds.en.ts";
import { messages } from "./language.ts";

export const eventKinds = messages(english, { hi: () => import("./event_kinds.hi.ts") });
