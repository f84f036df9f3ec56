import type { ApiError } from "../api/errors.ts";
import { asApiError } from "./resource.ts";
import { Store } from "./store.ts";

export type AttemptState = { state: "idle" | "busy" | "done" } | { state: "failed"; failure: ApiError };

/** One thing that a person does on a page: at rest, under way, done, or why not. */
export class Attempt {
  readonly store = new Store<AttemptState>({ state: "idle" });

  /** Does it; nothing while it is being done already. Whether it worked; never rejects. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.store.value.state === "busy") return false;
    this.store.set({ state: "busy" });
    try {
      await act();
      this.store.set({ state: "done" });
      return true;
    } catch (failure) {
      this.store.set({ state: "failed", failure: asApiError(failure) });
      return false;
    }
  }

  /** Forgets how it ended: something was changed since. */
  reset(): void {
    if (this.store.value.state !== "busy") this.store.set({ state: "idle" });
  }
}
