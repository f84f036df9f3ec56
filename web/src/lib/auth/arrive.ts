import { goto } from "$app/navigation";
import { session } from "./session.ts";

/** Goes to an address of `nextPath` after a sign-in, in a new document, which has the headers of the app: in the document
 *  of the sign-in pages dictation may not use the microphone. Stays in this document if only it has the session. */
export function arriveAt(path: string): void {
  if (session.outlivesPage) location.replace(path);
  else void goto(path, { replaceState: true });
}
