import english from "./audit_actions.en.ts";
import { messages } from "./language.ts";

export const auditActions = messages(english, { hi: () => import("./audit_actions.hi.ts") });
