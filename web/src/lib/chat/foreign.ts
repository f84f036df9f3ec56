import { session } from "../auth/session.ts";
import type { Conversation } from "./types.ts";

/** Whether another member asks in this conversation. It is read here, and continued in a copy. */
export const isForeign = (details: Conversation | null) =>
  details !== null && details.author.user_id !== session.userId;
