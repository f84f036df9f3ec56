import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { ApiError } from "../api/errors.ts";
import { Resource } from "../state/resource.ts";

type Session = components["schemas"]["Session"];

/** The user's sessions. Ended ones stop working at once. Each call throws ApiError. */
export class Sessions {
  readonly list = new Resource<readonly Session[]>(
    async () => (await body((await api()).GET("/api/auth/sessions"))).items,
  );

  async end(id: string): Promise<void> {
    await body((await api()).DELETE("/api/auth/sessions/{id}", { params: { path: { id } } })).catch(unlessGone);
    this.#keep((each) => each.id !== id);
  }

  /** Ends all but this one. */
  async endOthers(): Promise<void> {
    const now = this.list.store.value;
    const others = now.state === "ready" ? now.value.filter((each) => !each.current) : [];
    for (const { id } of others) await this.end(id);
  }

  #keep(fits: (session: Session) => boolean): void {
    const now = this.list.store.value;
    if (now.state === "ready") this.list.set(now.value.filter(fits));
  }
}

/** The session has already ended, which is the goal. */
function unlessGone(failure: unknown): void {
  if (!(failure instanceof ApiError) || failure.status !== 404) throw failure;
}
