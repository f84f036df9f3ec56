import type { Wait } from "../state/poll.ts";
import { backend, type Backend } from "./backend.ts";
import { Polling, type Visibility } from "./polling.ts";
import { isAskable } from "./types.ts";

/** The progress of an attached file in percent: first the upload, then the reading. */
export interface Progress {
  state: "sending" | "reading";
  percent: number;
  /** The upload, once it is complete. */
  upload_id?: string;
}

export interface Watcher {
  wanted: () => boolean;
  show: (progress: Progress) => void;
}

/** The result: the upload that a question names, or why it could not be read, in the API's words. */
export type Attached = { upload_id: string } | { problem: string };

/** Uploads a file of the media type `type`, and waits until a question can name it; null once it is no longer `wanted`.
 *  Throws ApiError. */
export async function attach(
  file: File,
  type: string,
  watcher: Watcher,
  use: Pick<Backend, "openUpload" | "put" | "upload"> = backend,
  visibility?: Visibility,
  wait?: Wait,
): Promise<Attached | null> {
  const target = await use.openUpload({ name: file.name, type, size: file.size });
  await use.put(target, file, (percent) => watcher.show({ state: "sending", percent }));
  watcher.show({ state: "reading", percent: 0, upload_id: target.upload_id });
  return follow(target.upload_id, watcher, use, visibility, wait);
}

/** Waits until a question can name an upload that is complete. As `attach` otherwise. */
export async function follow(
  uploadId: string,
  { wanted, show }: Watcher,
  use: Pick<Backend, "upload"> = backend,
  visibility?: Visibility,
  wait?: Wait,
): Promise<Attached | null> {
  let etag: string | null = null;
  return new Promise((resolve) => {
    const end = (attached: Attached | null) => {
      polling.leave();
      resolve(attached);
    };
    const polling = new Polling(
      async () => {
        if (!wanted()) return (end(null), false);
        const read = await use.upload(uploadId, etag);
        if (!read) return false;
        etag = read.etag;
        const { value } = read;
        show({ state: "reading", percent: Math.round(value.progress * 100) });
        if (value.status === "failed") end({ problem: value.problem ?? "" });
        else if (isAskable(value)) end({ upload_id: value.id });
        return true;
      },
      visibility,
      wait,
    );
    polling.want(true);
  });
}
