import { publicGet } from "./api/public.ts";
import { maintenance, type Maintenance } from "./maintenance.ts";

/** Milliseconds between two looks: caches keep the status for as long. */
const LOOK_AGAIN = 30_000;

/** While a maintenance goes on, looks whether it has ended, until the function it returns is called.
 *
 *  @param onEnd what to read again then
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
    return; // it is not known to have ended
  }
}
