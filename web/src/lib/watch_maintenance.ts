import { publicGet } from "./api/public.ts";
import { maintenance, type Maintenance } from "./maintenance.ts";

/** The delay between requests in milliseconds, as long as caches keep the status. */
const LOOK_AGAIN = 30_000;

/** During maintenance, polls for its end. Returns a function that stops.
 *
 *  @param onEnd reads again after the end
 */
export function watchMaintenance(onEnd: () => void): () => void {
  let before = maintenance.value;
  const unlisten = maintenance.subscribe((now) => {
    if (before && !now) onEnd();
    before = now;
  });
  const timer = setInterval(() => maintenance.value && void look(), LOOK_AGAIN);
  return () => {
    clearInterval(timer);
    unlisten();
  };
}

async function look(): Promise<void> {
  try {
    maintenance.set((await publicGet<{ maintenance: Maintenance | null }>("/api/status", true)).maintenance);
  } catch {
    return; // the maintenance may still be going on
  }
}
