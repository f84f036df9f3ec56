/** In a dialog with a searchbox: the arrow keys move from it to the links and buttons below and back, and Enter in it
 *  opens the first. */
export function moveAmong(root: HTMLElement): () => void {
  const box = () => root.querySelector<HTMLInputElement>("input[type=search]");
  const rows = () => [...root.querySelectorAll<HTMLElement>(":scope li a, :scope div a, :scope div button")];
  const press = (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (event.key === "Enter" && document.activeElement === box()) {
      event.preventDefault();
      all[0]?.click();
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const next = event.key === "ArrowDown" ? Math.min(at + 1, all.length - 1) : at - 1;
    (next < 0 ? box() : all[next])?.focus();
  };
  root.addEventListener("keydown", press);
  return () => root.removeEventListener("keydown", press);
}
