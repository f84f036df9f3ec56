const LOCK = "oneai.session";

/** Milliseconds after which another tab's lock is no longer waited for: a tab that sleeps may hold it for days. */
const PATIENCE = 20_000;

/** Runs `act` while no other tab of this site does. Runs it all the same if the browser has no Web Locks, or a lock is
 *  held too long: Supabase Auth takes a refresh token twice within ten seconds. */
export async function exclusively<T>(act: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return act();
  let begun = false;
  const once = () => {
    begun = true;
    return act();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, once);
  } catch (failure) {
    if (begun) throw failure;
    return act();
  }
}
