import { ApiError, asApiError } from "../api/errors.ts";
import { follow } from "../documents/attach.ts";
import { backend, type Backend } from "../documents/backend.ts";
import { isAskable } from "../documents/types.ts";
import type { DraftFile } from "../drafts.ts";
import type { AttachedFile, Attachments } from "./attachments.ts";

/** Attaches the files of a draft again. An upload is available for a day, and a document is followed until it is read.
 *  `lose` gets the name of each file that is no longer there. */
export async function restoreFiles(
  files: readonly DraftFile[],
  attachments: Attachments,
  lose: (name: string) => void,
  use: Pick<Backend, "upload"> & { follow: typeof follow } = { upload: backend.upload, follow },
): Promise<void> {
  await Promise.all(
    files.map(async (file) => {
      if (file.text === null && !file.upload_id) return lose(file.name);
      const key = attachments.restore(file);
      const changes = file.upload_id ? await stateOf(file, file.upload_id, key) : null;
      if (changes) return attachments.restored(key, changes);
      if (!file.upload_id || !isThere(key)) return;
      attachments.remove(key);
      lose(file.name);
    }),
  );

  function isThere(key: number): boolean {
    return attachments.store.value.some((each) => each.key === key);
  }

  /** Its state now, or when it has been read; null if the upload is gone or was never complete. */
  async function stateOf(
    { kind }: DraftFile,
    id: string,
    key: number,
  ): Promise<(Pick<AttachedFile, "state"> & Partial<AttachedFile>) | null> {
    try {
      const { value } = (await use.upload(id))!;
      if (value.status === "failed") return { state: "failed", problem: value.problem ?? "" };
      if (isAskable(value)) return { state: "ready" };
      // A document waits for the job that reads it, and a picture for its file, which never arrived.
      if (kind !== "document") return null;
      const read = await use.follow(id, {
        wanted: () => isThere(key),
        show: ({ percent }) => attachments.restored(key, { state: "reading", percent }),
      });
      return read && ("problem" in read ? { state: "failed", ...read } : { state: "ready" });
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) return null;
      return { state: "failed", failure: asApiError(failure) };
    }
  }
}
