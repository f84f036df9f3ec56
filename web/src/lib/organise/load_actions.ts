import { Lazy } from "../ui/lazy.ts";

/** The menu of a conversation and its dialogs, one for all rows. */
export const actions = new Lazy(() => import("./ConversationActions.svelte"));
