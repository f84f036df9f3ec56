import { messages } from "./language.ts";

const english = {
  title: "Two-step verification",
  lead: "With an authenticator app, your password alone doesn’t open your account. You also enter a six-digit code when you sign in.",
  add: "Add an authenticator app",
  requiredBy: (team: string) => `“${team}” requires two-step verification. Add an app, then open the team.`,
  openTeam: (team: string) => `Open “${team}”`,
  addAnother: "Add another app",
  added: (day: string) => `Added ${day}`,
  remove: "Remove",
  removeOf: (name: string) => `Remove ${name}`,
  removeTitle: "Remove this app?",
  removeLead: (name: string) => `Codes from ${name} no longer work.`,
  removeLast: "This is your only app. Without it, your password alone opens your account.",
  removed: "The app is removed.",
  another: "Add a second app, such as one on another device. You can then still sign in if you lose the first.",

  addTitle: "Add an authenticator app",
  scan: "Scan this code with an authenticator app, such as Google Authenticator, 1Password or Aegis.",
  qr: "QR code for your authenticator app",
  key: "Or enter this key in the app",
  copyKey: "Copy key",
  defaultName: (number: number) => (number === 1 ? "Authenticator app" : `Authenticator app ${number}`),
  code: "Code from the app",
  codeHint: "Six digits. A new code appears every 30 seconds.",
  codeWrong: "Enter the six digits that the app shows.",
  turnOn: "Turn on",
  turnedOn: "Two-step verification is on. Your other sessions have ended.",
  recoveryTitle: "If you lose the app",
  recovery:
    "Keep the key above in a safe place, or add a second app. If you have neither, support removes the app after checking who you are.",

  askTitle: "Enter your code",
  askLead: "Open your authenticator app and enter the code for OneAI.",
  app: "App",
  verify: "Continue",
  signOut: "Sign out",
  lost: "I can’t use the app",
  lostLead: (email: string) =>
    `Use another app that you added. If you have none, write to ${email} from your account’s address. We check who you are and remove the app.`,
  errors: {
    mfa_verification_failed: "This code is wrong. Check that your device’s clock is right, and enter the current code.",
    mfa_verification_rejected:
      "You were signed out, because there were too many wrong codes or the code was used before. Wait 15 minutes and sign in again.",
    mfa_challenge_expired: "This took too long. Enter the current code.",
    mfa_factor_name_conflict: "You have an app with this name. Choose another name.",
    too_many_enrolled_mfa_factors: "You have the maximum number of apps. Remove one first.",
    mfa_factor_not_found: "This app was removed. Reload the page.",
  } as Record<string, string>,
};

export type SecondFactorTexts = typeof english;
export const secondFactorTexts = messages(english, { hi: () => import("./hi/second_factor.ts") });
