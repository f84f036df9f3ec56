import { markdown as messages } from "../i18n/markdown.ts";
import { sources as sourceMessages } from "../i18n/sources.ts";
import { isOwnPicture } from "./links.ts";

/** The address of our own storage. Other pictures need a click. */
let storage: readonly string[] = [];

export function setStorage(folders: readonly string[]): void {
  storage = folders;
}

/** Names buttons and scrolling parts in the reader's language, and places pictures. Called for nodes before they are
 *  shown, and for the whole page when the language changes. */
export function decorate(root: ParentNode): void {
  const t = messages.value;
  const labels: Record<string, string> = {
    "copy-code": t.copyCode,
    "copy-table": t.copyTable,
    "show-diagram": t.showDiagram,
    preview: t.preview,
  };
  for (const button of root.querySelectorAll<HTMLElement>("button[data-action]")) {
    const label = labels[button.dataset.action ?? ""];
    const drawn = button.closest<HTMLElement>("figure")?.dataset.view === "diagram";
    if (label) button.textContent = drawn && button.dataset.action === "show-diagram" ? t.showCode : label;
  }
  for (const code of root.querySelectorAll("figure.code > pre")) name(code, t.code);
  for (const table of root.querySelectorAll(".table > .scroll")) name(table, t.table);
  for (const formula of root.querySelectorAll("div.math")) name(formula, t.formula);
  for (const picture of root.querySelectorAll<HTMLElement>(".picture")) place(picture);
  nameSources(root);
  nameNotes(root);
}

/** Names the links between footnotes and their references. */
export function nameNotes(root: ParentNode): void {
  const t = messages.value;
  for (const button of root.querySelectorAll<HTMLElement>("button[data-note]")) {
    const { action, note = "" } = button.dataset;
    if (action === "note-back") button.textContent = "↩";
    button.setAttribute("aria-label", action === "note-back" ? t.noteBack(note) : t.note(note));
  }
}

function name(element: Element, label: string): void {
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
}

/** Names the source numbers in a text. */
export function nameSources(root: ParentNode): void {
  for (const chip of root.querySelectorAll<HTMLElement>("button.source")) {
    const { source, name = "", page } = chip.dataset;
    chip.setAttribute("aria-label", sourceMessages.value.name(Number(source), name, page ? Number(page) : null));
  }
}

function place(picture: HTMLElement): void {
  const { src = "", alt = "", state } = picture.dataset;
  if (state) return;
  if (isOwnPicture(src, storage)) showPicture(picture, src, alt);
  else picture.replaceChildren(...offer(src, alt));
}

/** A button with the host that a click would contact. */
function offer(src: string, alt: string): Node[] {
  const t = messages.value;
  const host = hostOf(src);
  if (!host) return [document.createTextNode(t.noPicture(alt))];
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.action = "show-picture";
  button.textContent = t.showPicture(host);
  return alt ? [document.createTextNode(`${alt} `), button] : [button];
}

/** Loads a picture; if that fails, says so and shows the link. */
export function showPicture(picture: HTMLElement, src: string, alt: string): void {
  const image = new Image();
  image.alt = alt;
  image.referrerPolicy = "no-referrer";
  image.decoding = "async";
  image.addEventListener("error", () => {
    picture.dataset.state = "failed";
    picture.replaceChildren(`${messages.value.pictureFailed} `, linkTo(src));
  });
  image.src = src;
  picture.dataset.state = "shown";
  picture.replaceChildren(image);
}

function linkTo(src: string): Node {
  if (!hostOf(src)) return document.createTextNode("");
  const link = document.createElement("a");
  link.href = src;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.textContent = src;
  return link;
}

/** The host of a picture's address; "" for an invalid one. */
export function hostOf(src: string): string {
  try {
    const url = new URL(src);
    return url.protocol === "https:" || url.protocol === "http:" ? url.host : "";
  } catch {
    return "";
  }
}
