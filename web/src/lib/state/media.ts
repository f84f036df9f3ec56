import type { Readable } from "./store.ts";

/** Whether a media query applies, for subscribers. */
export function media(query: string): Readable<boolean> {
  return {
    subscribe(listen) {
      const list = matchMedia(query);
      const report = () => listen(list.matches);
      report();
      list.addEventListener("change", report);
      return () => list.removeEventListener("change", report);
    },
  };
}
