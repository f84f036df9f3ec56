import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { ApiError, asApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { poll, type Wait } from "../state/poll.ts";

export type Export = components["schemas"]["Export"];
/**
 * `account`: everything in the account. `conversations`: all conversations. `chatbots`: those of the workspace.
 * `departure`: the private conversations in a team that the user left, by the token in the mail. A function starts
 * another one, and returns its id.
 */
export type ExportKind = "account" | "conversations" | "chatbots" | { departure: string } | (() => Promise<string>);

export type ExportState =
  | { state: "idle" }
  | { state: "running"; progress: number }
  | { state: "done"; url: string }
  | { state: "expired" }
  /** `sentence`: the job's own message, if it has one. */
  | { state: "failed"; failure: ApiError; sentence: string | null };

interface Backend {
  /** Starts an export, or returns the running one. Returns its id. */
  begin(kind: ExportKind): Promise<string>;
  read(id: string): Promise<Export>;
}

const backend: Backend = {
  async begin(kind) {
    if (typeof kind === "function") return kind();
    const client = await api();
    return (await body<components["schemas"]["ExportAccepted"]>(accepted())).export_id;

    function accepted() {
      if (typeof kind === "object") return client.POST("/api/exports/departure", { body: { token: kind.departure } });
      if (kind === "chatbots") return client.POST("/api/exports/chatbots");
      return kind === "account" ? client.POST("/api/user/data-export") : client.POST("/api/exports");
    }
  },
  read: async (id) => body((await api()).GET("/api/exports/{id}", { params: { path: { id } } })),
};

/** An export that runs in the background, until its file can be downloaded. */
export class ExportJob {
  readonly store = new Store<ExportState>({ state: "idle" });
  #backend: Backend;
  #wait: Wait | undefined;
  #stop = new AbortController();

  constructor(use: Backend = backend, wait?: Wait) {
    this.#backend = use;
    this.#wait = wait;
  }

  /** Starts it. Resolves with its id as soon as that is known; null if it was refused. */
  async begin(kind: ExportKind): Promise<string | null> {
    this.store.set({ state: "running", progress: 0 });
    try {
      const id = await this.#backend.begin(kind);
      void this.follow(id);
      return id;
    } catch (failure) {
      this.#fail(failure);
      return null;
    }
  }

  /** Follows a started export to its end. */
  async follow(id: string): Promise<void> {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    this.store.set({ state: "running", progress: 0 });
    const ended = ({ state }: Export) => state !== "queued" && state !== "running";
    try {
      await poll(
        () => this.#backend.read(id),
        ended,
        (job) => this.store.set(stateOf(job)),
        signal,
        this.#wait,
      );
    } catch (failure) {
      if (!signal.aborted) this.#fail(failure);
    }
  }

  /** Stops polling. The export continues. */
  leave(): void {
    this.#stop.abort();
  }

  #fail(failure: unknown): void {
    const error = asApiError(failure);
    this.store.set({ state: "failed", failure: error, sentence: null });
  }
}

function stateOf({ state, progress, url, error }: Export): ExportState {
  if (state === "done" && url) return { state: "done", url };
  if (state === "expired") return { state: "expired" };
  if (state === "failed") return { state: "failed", failure: new ApiError(500, {}, null), sentence: error };
  return { state: "running", progress };
}
