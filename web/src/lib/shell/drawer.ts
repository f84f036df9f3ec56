import { Store } from "../store.ts";

/** Whether the side bar is drawn over the page, on a small screen. */
export const drawerOpen = new Store(false);
