import { authorizedFetch } from "../api/client.ts";
import { errorOf } from "../api/errors.ts";
import { loadConfig } from "../config.ts";
import { saveFile } from "../download.ts";
import { fileStem } from "../typed/file_names.ts";

export const FORMATS = ["json", "markdown", "html", "txt"] as const;
export type Format = (typeof FORMATS)[number];

/** Saves one conversation as a file on this device. Returns false if it is too large for one response; the export of
 *  all conversations includes it. Throws ApiError. */
export async function downloadConversation(id: string, title: string, format: Format): Promise<boolean> {
  const file = await readExport(id, format);
  if (file) saveFile(file, fileName(title, format));
  return file !== null;
}

/** One conversation as a file; null if it is too large for one response. Throws ApiError. */
export async function readExport(id: string, format: Format): Promise<Blob | null> {
  const { api_url } = await loadConfig();
  const address = `${api_url || location.origin}/api/conversations/${id}/export?format=${format}`;
  const response = await authorizedFetch(new Request(address));
  if (!response.ok) throw await errorOf(response);
  return response.status === 202 ? null : response.blob();
}

/** The file name of a conversation. */
export function fileName(title: string, format: Format): string {
  return `${fileStem(title, "conversation")}.${format === "markdown" ? "md" : format}`;
}
