/** Whether the message box may take the focus by itself: never on a touch screen, where a keyboard would cover the page,
 *  never from a dialog, a menu, a field or a button, and never while text is selected. A link that led here gives it up. */
export function mayTakeFocus(): boolean {
  if (matchMedia("(pointer: coarse)").matches) return false;
  if (document.querySelector("dialog[open], :popover-open")) return false;
  if (getSelection()?.isCollapsed === false) return false;
  const { activeElement: active, body } = document;
  return active === null || active === body || active.matches('a[href^="/c"], #content');
}
