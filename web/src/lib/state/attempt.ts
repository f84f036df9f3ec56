import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";

export type AttemptState = { state: "idle" | "busy" | "done" } | { state: "failed"; failure: ApiError };

/** An action of a user on a page: idle, busy, done or failed. */
export class Attempt {
  readonly store = new Store<AttemptState>({ state: "idle" });

  /** Runs the action, unless it is running. Returns whether it succeeded; never rejects. */
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

  /** Forgets the result, after a change. */
  reset(): void {
    if (this.store.value.state !== "busy") this.store.set({ state: "idle" });
  }
}
