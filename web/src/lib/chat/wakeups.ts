import type { Wakeups } from "./answer_stream.ts";

/** The network returns, or the page is seen again, perhaps after a sleep. */
export const pageWakeups: Wakeups = {
  listen(wake) {
    const seen = () => document.visibilityState === "visible" && wake();
    window.addEventListener("online", wake);
    window.addEventListener("pageshow", wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
      window.removeEventListener("online", wake);
      window.removeEventListener("pageshow", wake);
      document.removeEventListener("visibilitychange", seen);
    };
  },
};
