import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { saveFile } from "../download.ts";
import { fileStem } from "../typed/file_names.ts";
import type { Bulk } from "./backend.ts";

export const FORMATS = ["pdf", "html", "markdown", "csv", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** The file name of a conversation. */
export const fileName = (title: string, format: Format): string =>
  `${fileStem(title, "chat")}.${format === "markdown" ? "md" : format}`;

/** Saves one conversation as a file on this device, without notes. Throws ApiError. */
export async function saveTalk(id: string, title: string, format: Format): Promise<void> {
  const params = { path: { id }, query: { format } };
  const asked = (await api()).GET("/api/inbox/conversations/{id}/export", { params, parseAs: "blob" });
  saveFile((await body(asked)) as unknown as Blob, fileName(title, format));
}

/** Starts a zip file of these conversations, or of all that the filter finds. Returns the export's id. Throws ApiError. */
export async function exportMany(wanted: Pick<Bulk, "ids" | "filter">, format: Format): Promise<string> {
  const asked = { ...wanted, action: "export", format } as Bulk;
  const { export_id } = await body((await api()).POST("/api/inbox/conversations/bulk", { body: asked }));
  return export_id as string; // this action always has one
}

/** Saves what is stored about a visitor as `visitor.json`. Returns the id of an export if it is large, else null. Throws
 *  ApiError. */
export async function exportVisitor(id: string): Promise<string | null> {
  const asked = { params: { path: { id } }, parseAs: "blob" } as const;
  const result = await (await api()).GET("/api/inbox/visitors/{id}/export", asked);
  const file = (await body(Promise.resolve(result))) as unknown as Blob;
  if (result.response.status === 202)
    return (JSON.parse(await file.text()) as components["schemas"]["ExportAccepted"]).export_id;
  saveFile(file, "visitor.json");
  return null;
}

/** Erases a visitor at all chatbots of the workspace. Throws ApiError. */
export async function eraseVisitor(id: string): Promise<void> {
  await body((await api()).DELETE("/api/inbox/visitors/{id}", { params: { path: { id } } }));
}
