import { messages } from "./language.ts";

const english = {
  signIn: "Use a passkey",
  title: "Passkeys",
  lead: "Sign in with your fingerprint, face or screen lock instead of your password. A passkey stays on your device or in your password manager, and works only on this site.",
  add: "Add a passkey",
  addAnother: "Add another passkey",
  added: (day: string) => `Added ${day}`,
  used: (day: string) => `last used ${day}`,
  neverUsed: "not used yet",
  unnamed: "Passkey",
  unsupported: "This browser doesn’t support passkeys.",
  rename: "Rename",
  renameOf: (name: string) => `Rename ${name}`,
  remove: "Remove",
  removeOf: (name: string) => `Remove ${name}`,
  addedToast: "Your passkey is added.",

  nameTitle: "Name this passkey",
  nameLead: "Choose a name by which you’ll know the device or password manager.",
  name: "Name",
  nameMissing: "Enter a name.",
  nameLong: "This name is too long. Choose a shorter one.",
  save: "Save",
  saved: "The name is saved.",
  on: (browser: string, system: string) => `${browser} on ${system}`,

  removeTitle: "Remove this passkey?",
  removeLead: (name: string) => `${name} no longer signs you in. Devices where you’re signed in stay signed in.`,
  removeDevice: "Then delete it in your password manager too, or your device keeps offering it.",
  removed: "The passkey is removed.",

  errors: {
    passkey_cancelled:
      "The sign-in was cancelled, took too long, or this device has no passkey for this site. Try again, or sign in another way.",
    passkey_not_added: "The passkey wasn’t added, because it was cancelled or took too long. Try again.",
    passkey_exists: "This device or password manager already has a passkey for your account.",
    passkey_wrong_address: "Passkeys don’t work at this address. Open the site at its usual address and try again.",
    passkey_unsupported: "This device can’t store passkeys. Try another device, a password manager or a security key.",
    passkey_pending: "Your browser is already asking for a passkey. Answer or close that request first.",
    passkey_failed: "Your device couldn’t use the passkey. Try again, or choose another device.",
    passkey_unknown:
      "This passkey isn’t accepted. It may have been removed from your account. Sign in another way, and add a new passkey in your settings.",
    passkey_not_verified: "This passkey couldn’t be checked. Try again, or choose another device.",
    passkey_disabled: "Passkeys are turned off on this site. Sign in another way.",
    too_many_passkeys: "You have the maximum number of passkeys. Remove one first.",
    webauthn_credential_exists: "This passkey is already in use. Add a new one.",
    webauthn_challenge_expired: "This took too long. Try again.",
    webauthn_challenge_not_found: "This took too long. Try again.",
    insufficient_aal: "Enter the code from your authenticator app first.",
  } as Record<string, string>,
};

export type PasskeyTexts = typeof english;
export const passkeyTexts = messages(english, { hi: () => import("./hi/passkeys.ts") });
