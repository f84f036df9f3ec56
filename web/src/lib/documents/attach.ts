import type { Wait } from "../state/poll.ts";
import { backend, type Backend } from "./backend.ts";
import { Polling, type Visibility } from "./polling.ts";
import { isAskable } from "./types.ts";

/** The progress of an attached file in percent: first the upload, then the reading. */
export interface Progress {
  state: "sending" | "reading";
  percent: number;
}

/** The result: the upload that a question names, or why it could not be read, in the API's words. */
export type Attached = { upload_id: string } | { problem: string };

/** Uploads a file of the media type `type`, and waits until a question can name it; null once it is no longer `wanted`.
 *  Throws ApiError. */
export async function attach(
  file: File,
  type: string,
  { wanted, show }: { wanted: () => boolean; show: (progress: Progress) => void },
  use: Pick<Backend, "openUpload" | "put" | "upload"> = backend,
  visibility?: Visibility,
  wait?: Wait,
): Promise<Attached | null> {
  const target = await use.openUpload({ name: file.name, type, size: file.size });
  await use.put(target, file, (percent) => show({ state: "sending", percent }));
  show({ state: "reading", percent: 0 });
  let etag: string | null = null;
  return new Promise((resolve) => {
    const end = (attached: Attached | null) => {
      polling.leave();
      resolve(attached);
    };
    const polling = new Polling(
      async () => {
        if (!wanted()) return (end(null), false);
        const read = await use.upload(target.upload_id, etag);
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
