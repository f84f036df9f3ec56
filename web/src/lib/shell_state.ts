import { Store } from "./state/store.ts";
import { read, write } from "./storage.ts";

/** The open dialog of the shell. */
export const shellDialog = new Store<"search" | "shortcuts" | "newTeam" | null>(null);

/** Whether the side bar is drawn over the page, on a small screen. */
export const drawerOpen = new Store(false);

const KEY = "oneai.side_bar"; // `static/appearance.js` reads it before the first paint

/** Whether the side bar is folded to a rail of icons, on a larger screen. */
export const sideBarFolded = new Store(read(KEY) === "folded");

/** Folds the side bar or unfolds it, and remembers it on this device. On a small screen opens or closes the drawer. */
export function toggleSideBar(): void {
  if (!matchMedia("(min-width: 48rem)").matches) return drawerOpen.update((open) => !open);
  const folded = !sideBarFolded.value;
  write(KEY, folded ? "folded" : null);
  if (folded) document.documentElement.dataset.sideBar = "folded";
  else delete document.documentElement.dataset.sideBar;
  sideBarFolded.set(folded);
}
