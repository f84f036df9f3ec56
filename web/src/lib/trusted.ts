interface Policy {
  createScriptURL(url: string): unknown;
}
interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | undefined;

/** An address of a script of our own, for `new Worker` and for registering a service worker: browsers take no plain text
 *  for these under `require-trusted-types-for`. Throws TypeError for another origin's.
 *
 *  The policy is named `oneai` in the headers, which do not allow a second policy. */
export function scriptUrl(url: string | URL): string {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin) throw new TypeError(`${address.origin} is not where our scripts are`);
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  if (!factory) return address.href;
  policy ??= factory.createPolicy("oneai", { createScriptURL: (own) => own });
  // A TrustedScriptURL, which TypeScript's library does not have yet. It works as a string everywhere.
  return policy.createScriptURL(address.href) as string;
}
