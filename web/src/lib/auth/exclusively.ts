const LOCK = "oneai.session";

/** The maximum wait for another tab's lock, in milliseconds: a sleeping tab can hold a lock for days. */
const PATIENCE = 20_000;

/** Runs `act` while no other tab of this site does. Also runs it if the browser has no Web Locks, or if another tab
 *  holds the lock too long: Supabase Auth accepts a refresh token twice within ten seconds. */
export async function exclusively<T>(act: () => Promise<T>): Promise<T> {
  if (!navigator.locks) return act();
  let started = false;
  const once = () => {
    started = true;
    return act();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE) }, once);
  } catch (failure) {
    if (started) throw failure;
    return act();
  }
}
