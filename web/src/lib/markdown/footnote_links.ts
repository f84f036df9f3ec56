/** The links between footnotes and references of one message. No element has an id, so messages cannot be confused. */
export class Footnotes {
  #labels = new Set<string>();

  /** Links the references in nodes that are about to be shown. A note among them also links references in `root`, in
   *  earlier blocks of the message. Returns whether it linked any. */
  take(nodes: ParentNode, root: ParentNode): boolean {
    let found = false;
    for (const note of nodes.querySelectorAll<HTMLElement>("[data-defines]")) {
      const { defines = "" } = note.dataset;
      found ||= !this.#labels.has(defines);
      this.#labels.add(defines);
    }
    this.#link(nodes);
    if (found) this.#link(root);
    return found;
  }

  clear(): void {
    this.#labels.clear();
  }

  #link(scope: ParentNode): void {
    if (this.#labels.size === 0) return;
    for (const reference of scope.querySelectorAll<HTMLElement>(".note-reference")) {
      const { note = "" } = reference.dataset;
      if (!this.#labels.has(note) || reference.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.action = "note-show";
      button.dataset.note = note;
      button.textContent = note;
      reference.replaceChildren(button);
    }
  }
}

/** The reference that opened each note, which is the target of its back link. */
const openedFrom = new WeakMap<Element, HTMLElement>();

/** Goes to the note of a reference, or back. */
export function followNote(button: HTMLElement): void {
  const message = button.closest(".markdown");
  if (!message) return;
  const { note } = button.dataset;
  const having = (selector: string, key: "note" | "defines") =>
    [...message.querySelectorAll<HTMLElement>(selector)].find(({ dataset }) => dataset[key] === note);
  const text = button.closest("[data-defines]") ?? having("[data-defines]", "defines");
  if (!text) return;
  const back = button.dataset.action === "note-back";
  if (!back) openedFrom.set(text, button);
  const from = openedFrom.get(text);
  const reference = from?.isConnected ? from : having("button[data-action=note-show]", "note");
  const target = back ? reference : (text as HTMLElement);
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "center" });
}
