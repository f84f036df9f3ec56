import { Store } from "../state/store.ts";
import { checkConsents, consents, loadConsents } from "./consents.ts";

/** A question or a payment that waits for the user's consents. */
export interface AskedConsent {
  /** Ends the wait: true if the user agreed to everything. */
  end: (agreed: boolean) => void;
}

/** The dialog's question; null while nothing is asked. */
export const askedConsent = new Store<AskedConsent | null>(null);

/** Resolves to true if the user has agreed to the current texts, or does so in the dialog. Called before a question or a
 *  payment and nowhere else. If the consents cannot be read, it does not stand in the way; the next question asks. */
export async function passConsents(): Promise<boolean> {
  if (consents.value === null) await checkConsents();
  // Another tab may have asked meanwhile.
  if (isMissing()) await loadConsents().catch(() => {});
  if (!isMissing()) return true;
  if (askedConsent.value) return false; // another question already waits in the dialog
  return new Promise((resolve) => {
    askedConsent.set({
      end(agreed) {
        askedConsent.set(null);
        resolve(agreed);
      },
    });
  });
}

function isMissing(): boolean {
  return (consents.value?.required.length ?? 0) > 0;
}
