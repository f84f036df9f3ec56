import type { Wakeups } from "./answer_stream.ts";

/** Calls back when the network returns, or when the page becomes visible, for example after a sleep. */
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
