import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";

type Schemas = components["schemas"];
export type InvitationPreview = Schemas["InvitationPreview"];
export type Accepted = Schemas["AcceptedInvitation"];

/** Why an invitation cannot be accepted: it has ended, no seat is left, or the account is not the invited one. */
export type Obstacle = "accepted" | "revoked" | "expired" | "full" | "ended" | "anotherAddress" | "unconfirmed";

/** The obstacles that a refusal of the API means; other refusals are errors, and another attempt may succeed. */
const OBSTACLES: Record<string, Obstacle> = {
  invitation_ended: "ended",
  no_seat_left: "full",
  invitation_for_another_address: "anotherAddress",
  email_not_confirmed: "unconfirmed",
};

export interface InvitationState {
  /** What the invitation offers; null until it was read, and for one that is unknown. */
  preview: InvitationPreview | null;
  obstacle: Obstacle | null;
  busy: boolean;
  failure: ApiError | null;
}

/** An invitation to a team, by the token in its mail. The token is sent in bodies, never in an address of the API. */
export class Invitation {
  readonly store = new Store<InvitationState>({ preview: null, obstacle: null, busy: true, failure: null });
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Reads what it offers, or reads it again. */
  async load(): Promise<void> {
    await this.#run(async () => {
      const preview = await body((await api()).POST("/api/invitations/lookup", { body: { token: this.#token } }));
      this.store.update((now) => ({ ...now, preview, obstacle: preview.state === "open" ? null : preview.state }));
    });
  }

  /** Makes the signed-in user a member. Returns the team, also if they are its member already; null if it is refused. */
  async accept(): Promise<Accepted | null> {
    return this.#run(async () => body((await api()).POST("/api/invitations/accept", { body: { token: this.#token } })));
  }

  async #run<T>(act: () => Promise<T>): Promise<T | null> {
    this.store.update((now) => ({ ...now, busy: true, failure: null }));
    try {
      return await act();
    } catch (refusal) {
      const failure = asApiError(refusal);
      const obstacle = OBSTACLES[failure.code];
      this.store.update((now) => (obstacle ? { ...now, obstacle } : { ...now, failure }));
      return null;
    } finally {
      this.store.update((now) => ({ ...now, busy: false }));
    }
  }
}
