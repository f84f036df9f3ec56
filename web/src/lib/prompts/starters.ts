import { Store } from "../state/store.ts";
import { read, write } from "../storage.ts";

const KEY = "oneai.starter_prompts";

/** Whether this device shows the prompts to begin with. */
export const startersShown = new Store(read(KEY) !== "hidden");

/** Shows or hides the prompts to begin with on this device. */
export function showStarters(shown: boolean): void {
  write(KEY, shown ? null : "hidden");
  startersShown.set(shown);
}
