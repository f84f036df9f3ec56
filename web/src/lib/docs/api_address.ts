import { apiAddressOf, loadConfig } from "../config.ts";
import { Store } from "../state/store.ts";

/** The address of this site's API, such as `https://app.example.com/api`; null until it is read. */
export const apiAddress = new Store<string | null>(null);

/** Reads the address. Without it, examples keep `$API`. */
export async function loadApiAddress(): Promise<void> {
  apiAddress.set(await loadConfig().then(apiAddressOf, () => null));
}
