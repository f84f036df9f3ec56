export type Shortcut = "search" | "shortcuts" | "newChat" | "message" | "sideBar";

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey" | "isComposing">;

/** The shortcut of a key press, or null. Keys without Ctrl or ⌘ are text while the user types. */
export function shortcutOf(press: Press, writing: boolean): Shortcut | null {
  const key = press.key.toLowerCase();
  if (press.isComposing || press.altKey) return null;
  if (press.ctrlKey || press.metaKey) {
    if (key === "k" && !press.shiftKey) return "search";
    if (!press.shiftKey) return null;
    return key === "o" ? "newChat" : key === "s" ? "sideBar" : null;
  }
  if (writing) return null;
  if (key === "?") return "shortcuts";
  return key === "/" ? "message" : null;
}

/** Whether key presses at this element are text. */
export function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
