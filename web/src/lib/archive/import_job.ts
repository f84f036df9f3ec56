import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { ApiError, asApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { poll, type Wait } from "../state/poll.ts";
import { put } from "../api/put.ts";

export type Import = components["schemas"]["Import"];
type LeftOut = components["schemas"]["LeftOut"];
type UploadTarget = components["schemas"]["UploadTarget"];

/** The maximum size of an import, in bytes. */
export const LARGEST_FILE = 100_000_000;

export type ImportState =
  | { state: "idle" }
  /** `progress`: percent of the upload, then of the import. */
  | { state: "sending" | "running"; progress: number }
  | { state: "done"; result: Import }
  | { state: "failed"; failure: ApiError; sentence: string | null; result: Import | null };

interface Backend {
  open(file: { name: string; type: string; size: number }): Promise<UploadTarget>;
  /** Uploads the file. `onprogress` takes percent. */
  put(target: UploadTarget, file: File, onprogress: (percent: number) => void): Promise<void>;
  begin(upload_id: string): Promise<string>;
  read(id: string): Promise<Import>;
}

const backend: Backend = {
  open: async (file) => body((await api()).POST("/api/uploads", { body: file })),
  put,
  async begin(upload_id) {
    return (await body((await api()).POST("/api/import", { body: { upload_id } }))).import_id;
  },
  read: async (id) => body((await api()).GET("/api/import/{id}", { params: { path: { id } } })),
};

/** An archive that is uploaded, and imported in the background. */
export class ImportJob {
  readonly store = new Store<ImportState>({ state: "idle" });
  #backend: Backend;
  #wait: Wait | undefined;
  #stop = new AbortController();

  constructor(use: Backend = backend, wait?: Wait) {
    this.#backend = use;
    this.#wait = wait;
  }

  /** Uploads a file and imports it. Never rejects: `store` has the result. */
  async run(file: File): Promise<void> {
    this.#stop.abort();
    const { signal } = (this.#stop = new AbortController());
    this.store.set({ state: "sending", progress: 0 });
    try {
      const target = await this.#backend.open({ name: file.name, type: typeOf(file), size: file.size });
      await this.#backend.put(target, file, (progress) => this.store.set({ state: "sending", progress }));
      const id = await this.#backend.begin(target.upload_id);
      this.store.set({ state: "running", progress: 0 });
      const ended = ({ state }: Import) => state === "done" || state === "failed";
      await poll(
        () => this.#backend.read(id),
        ended,
        (job) => this.store.set(stateOf(job)),
        signal,
        this.#wait,
      );
    } catch (failure) {
      const error = asApiError(failure);
      if (!signal.aborted) this.store.set({ state: "failed", failure: error, sentence: null, result: null });
    }
  }

  /** Stops polling. The import continues. */
  leave(): void {
    this.#stop.abort();
  }
}

/** The kinds of content left out of the import, with their counts, without zeros. */
export function leftOutOf({ left_out }: Import): [kind: keyof LeftOut, count: number][] {
  const kinds = Object.entries(left_out) as [keyof LeftOut, number][];
  return kinds.filter(([, count]) => count > 0);
}

function stateOf(job: Import): ImportState {
  if (job.state === "done") return { state: "done", result: job };
  if (job.state === "failed")
    return { state: "failed", failure: new ApiError(500, {}, null), sentence: job.error, result: job };
  return { state: "running", progress: job.progress };
}

/** Some systems do not know the type of `.json` and `.zip` files. */
function typeOf({ name, type }: File): string {
  if (/\.zip$/i.test(name)) return "application/zip";
  return type || "application/json";
}
