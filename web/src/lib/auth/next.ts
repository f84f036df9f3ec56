/** Pages that forward after sign-in. They are not valid destinations. */
const SIGN_IN = ["/login", "/signup", "/forgot-password", "/reset-password", "/auth/callback"];
const ELSEWHERE = "https://site.invalid";
export const START = "/c";

/** The address for a signed-in user: the path of `next` if it belongs to this site, otherwise the chat. Ignores
 *  addresses of other sites in every form that browsers accept (`//host`, `/\host`, a tab in between). */
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

/** The address of a sign-in page that keeps this page's `next`. */
export function withNext(page: string, next: string | null): string {
  const path = nextPath(next);
  return path === START ? page : `${page}?next=${encodeURIComponent(path)}`;
}

/** Goes to an address of `nextPath` in a new document, which has the headers of the app: in the document of the sign-in
 *  pages dictation may not use the microphone. */
export function arriveAt(path: string): void {
  location.replace(path);
}
