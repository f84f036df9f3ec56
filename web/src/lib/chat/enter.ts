type Press = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "isComposing" | "keyCode">;

/** Whether a key press sends what is typed: Enter, but not with Shift, which breaks the line, and not while a word is
 *  being composed (229 is Safari's sign of that). A touch keyboard has no Shift+Enter, so its Enter breaks the line;
 *  with Ctrl or ⌘ it sends there too. */
export function isSend(press: Press, touch: boolean): boolean {
  if (press.key !== "Enter" || press.shiftKey || press.altKey) return false;
  if (press.isComposing || press.keyCode === 229) return false;
  return !touch || press.ctrlKey || press.metaKey;
}

/** Whether the device has a touch keyboard and no other. */
export function hasTouchKeyboard(): boolean {
  return matchMedia("(pointer: coarse) and (hover: none)").matches;
}
