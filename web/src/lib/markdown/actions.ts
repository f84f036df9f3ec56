import { copyText } from "../clipboard.ts";
import { common } from "../i18n/common.ts";
import { markdown as messages } from "../i18n/markdown.ts";
import { toast } from "../toasts.ts";
import { showPicture } from "./decorate.ts";
import { followNote } from "./footnote_links.ts";
import { toggleDiagram } from "./diagram.ts";

/** The actions of the buttons inside an answer, with one listener on the answer. */
export async function act(event: Event): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[data-action]") : null;
  if (!button) return;
  if (button.dataset.action?.startsWith("note-")) followNote(button);
  const figure = button.closest("figure, .table, .picture");
  if (!(figure instanceof HTMLElement)) return;
  if (button.dataset.action === "copy-code") await copy(figure.querySelector("code")?.textContent ?? "");
  if (button.dataset.action === "copy-table") await copy(tableText(figure));
  if (button.dataset.action === "show-diagram") toggleDiagram(figure, button);
  if (button.dataset.action === "show-picture") showPicture(figure, figure.dataset.src ?? "", figure.dataset.alt ?? "");
}

async function copy(text: string): Promise<void> {
  const copied = await copyText(text);
  toast(copied ? common.value.copied : messages.value.copyFailed, copied ? "success" : "danger");
}

/** A table as lines of cells separated by tabs, which every spreadsheet accepts. */
function tableText(table: Element): string {
  const rows = [...table.querySelectorAll("tr")];
  const cell = (each: Element): string => (each.textContent ?? "").replace(/\s+/g, " ").trim();
  return rows.map((row) => [...row.children].map(cell).join("\t")).join("\n");
}
