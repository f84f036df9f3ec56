import type { Wait } from "../archive/poll.ts";
import type { PendingDocument } from "../chat/asked_documents.ts";
import { asApiError } from "../resource.ts";
import { backend, type Backend } from "./backend.ts";
import { Polling, type Visibility } from "./polling.ts";
import { isAskable } from "./types.ts";
import { sendFile } from "./uploads.ts";

interface Progress {
  /** Whether it is still waited for. */
  wanted: () => boolean;
  change: (changes: Partial<PendingDocument>) => void;
  ready: (id: string, name: string) => void;
}

/** Sends a file and waits until its document can be asked about. `progress` says how that goes; it never rejects. */
export async function attach(
  file: File,
  progress: Progress,
  use: Pick<Backend, "open" | "put" | "remove" | "read"> = backend,
  visibility?: Visibility,
  wait?: Wait,
): Promise<void> {
  try {
    const id = await sendFile(use, file, null, (percent) => progress.change({ percent }));
    progress.change({ state: "reading", percent: 0 });
    await follow(id, progress, use, visibility, wait);
  } catch (failure) {
    progress.change({ state: "failed", failure: asApiError(failure) });
  }
}

async function follow(
  id: string,
  { wanted, change, ready }: Progress,
  use: Pick<Backend, "read">,
  visibility?: Visibility,
  wait?: Wait,
): Promise<void> {
  let etag: string | null = null;
  await new Promise<void>((resolve) => {
    const end = () => {
      polling.leave();
      resolve();
    };
    const polling = new Polling(
      async () => {
        if (!wanted()) return (end(), false);
        const read = await use.read(id, etag);
        if (!read) return false;
        etag = read.etag;
        const { value } = read;
        change({ percent: Math.round(value.progress * 100) });
        if (value.status === "failed") change({ state: "failed", problem: value.problem });
        else if (isAskable(value)) ready(id, value.name);
        else return true;
        return (end(), true);
      },
      visibility,
      wait,
    );
    polling.want(true);
  });
}
