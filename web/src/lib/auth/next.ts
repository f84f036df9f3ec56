/** Pages that lead on after sign-in, and are no place to come back to. */
const SIGN_IN = ["/login", "/signup", "/forgot-password", "/reset-password", "/auth/callback"];
const ELSEWHERE = "https://site.invalid";
export const START = "/c";

/** Where a signed-in person goes on: the path of `next` if it is one of this site, else the chat. Addresses of other
 *  sites, in all the ways in which browsers read them (`//host`, `/\host`, a tab in between), are not followed. */
export function nextPath(next: string | null): string {
  if (!next?.startsWith("/")) return START;
  try {
    const { origin, pathname, search, hash } = new URL(next, ELSEWHERE);
    const leadsAway = origin !== ELSEWHERE || pathname.startsWith("//");
    return leadsAway || SIGN_IN.includes(pathname) ? START : pathname + search + hash;
  } catch {
    return START;
  }
}

/** The address of a sign-in page that leads on to where its own `next` does. */
export function withNext(page: string, next: string | null): string {
  const path = nextPath(next);
  return path === START ? page : `${page}?next=${encodeURIComponent(path)}`;
}
