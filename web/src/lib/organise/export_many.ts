import { saveFile } from "../download.ts";
import { fileName, readExport, type Format } from "./export_one.ts";
import { zip, type Entry } from "./zip.ts";

export interface Exported {
  /** The number of conversations in the file. */
  saved: number;
  /** The titles of those that failed. */
  failed: string[];
}

type Read = (id: string, format: Format) => Promise<Blob | null>;

/** Saves conversations as one zip on this device. They are read one after another; `progress` is called before each
 *  with the number of those that are done. A failure does not stop the others. */
export async function exportMany(
  conversations: readonly { id: string; title: string }[],
  format: Format,
  progress: (done: number) => void,
  read: Read = readExport,
  save: (file: Blob, name: string) => void = saveFile,
): Promise<Exported> {
  const entries: Entry[] = [];
  const failed: string[] = [];
  for (const [done, { id, title }] of conversations.entries()) {
    progress(done);
    const file = await read(id, format).catch(() => null);
    if (file) entries.push({ name: fileName(title, format), content: new Uint8Array(await file.arrayBuffer()) });
    else failed.push(title);
  }
  if (entries.length > 0) save(zip(entries), "conversations.zip");
  return { saved: entries.length, failed };
}
