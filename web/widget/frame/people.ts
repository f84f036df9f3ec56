import type { Thread } from "./api.ts";

/** Who answers instead of the chatbot. */
export interface People {
  /** Null: nobody answers yet; empty: they have no name. */
  name: string | null;
  /** When they are there again; null: they are. */
  backAt: Date | null;
  /** Whether their answers also come by email: as the API's `mail`. */
  mail?: string | undefined;
  /** Whether one is writing now. */
  typing?: boolean | undefined;
}

/** The people of a conversation; null where the chatbot answers. */
export function peopleOf({ status, person, back_at, events, mail, typing }: Omit<Thread, "items">): People | null {
  if (status !== "open") return null;
  const isHere = events?.at(-1)?.kind === "claimed";
  return { name: person ?? (isHere ? "" : null), backAt: back_at ? new Date(back_at) : null, mail, typing };
}

/** How long to wait until a conversation with people is read again, in milliseconds, so long after something was written. */
export function pause(quiet: number): number {
  if (globalThis.document?.visibilityState === "hidden") return 60_000;
  return quiet < 120_000 ? 3000 : 15_000;
}
