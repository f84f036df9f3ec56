import { Store } from "./state/store.ts";

/** The open dialog of the shell. */
export const shellDialog = new Store<"search" | "shortcuts" | null>(null);

/** Whether the side bar is drawn over the page, on a small screen. */
export const drawerOpen = new Store(false);
