import { Store } from "./state/store.ts";

export interface Toast {
  id: number;
  text: string;
  kind: "info" | "success" | "danger";
}

export const toasts = new Store<Toast[]>([]);
let last = 0;

/** Shows a message for a few seconds, in a region that assistive technology reads. */
export function toast(text: string, kind: Toast["kind"] = "info"): void {
  const id = ++last;
  toasts.update((shown) => [...shown, { id, text, kind }]);
  setTimeout(() => toasts.update((shown) => shown.filter((each) => each.id !== id)), 6_000);
}
