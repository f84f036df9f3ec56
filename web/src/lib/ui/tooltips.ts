/** The time after a tooltip in which the next one appears at once, in milliseconds. */
const WARM_MS = 400;
/** The wait before the first one: a pointer on its way elsewhere shows none. */
const COLD_MS = 80;

/** Shows the `title` of controls below `root` at once, under the pointer and at the focus of the keyboard, where the
 *  browser's own tooltip takes a second. Escape hides it. Returns a function that ends this. */
export function tooltips(root: Document): () => void {
  const tip = root.createElement("div");
  tip.popover = "manual";
  tip.ariaHidden = "true"; // a description that assistive technology reads from the control
  tip.className = "tooltip";
  root.body.append(tip);
  let owner: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hiddenAt = -WARM_MS;

  const hide = () => {
    clearTimeout(timer);
    if (!owner) return;
    if (tip.matches(":popover-open")) {
      tip.hidePopover();
      hiddenAt = performance.now();
    }
    // The page may have renamed the control meanwhile.
    if (!owner.hasAttribute("title")) owner.title = owner.dataset.tip ?? "";
    delete owner.dataset.tip;
    owner = null;
  };

  const show = (control: HTMLElement) => {
    if (control === owner) return;
    hide();
    owner = control;
    owner.dataset.tip = control.title;
    owner.removeAttribute("title"); // the browser's would appear beside it
    timer = setTimeout(place, performance.now() - hiddenAt < WARM_MS ? 0 : COLD_MS);
  };

  function place() {
    if (!owner?.isConnected) return hide();
    tip.textContent = owner.dataset.tip ?? "";
    tip.showPopover();
    const at = owner.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = tip;
    const below = at.bottom + 6;
    tip.style.left = `${Math.max(4, Math.min(at.left + (at.width - width) / 2, innerWidth - width - 4))}px`;
    tip.style.top = `${below + height > innerHeight ? at.top - height - 6 : below}px`;
  }

  const find = (target: EventTarget | null) =>
    target instanceof Element ? target.closest<HTMLElement>("button[title], a[title], [data-tip]") : null;
  const over = (event: PointerEvent) => {
    if (event.pointerType === "touch") return;
    const control = find(event.target);
    if (control) show(control);
    else hide();
  };
  const focused = (event: FocusEvent) => {
    const control = find(event.target);
    if (control?.matches(":focus-visible")) show(control);
    else hide();
  };
  const pressed = (event: KeyboardEvent) => event.key === "Escape" && hide();

  root.addEventListener("pointerover", over);
  root.addEventListener("focusin", focused);
  root.addEventListener("focusout", hide);
  root.addEventListener("pointerdown", hide);
  root.addEventListener("keydown", pressed);
  root.addEventListener("scroll", hide, true);
  return () => {
    hide();
    root.removeEventListener("pointerover", over);
    root.removeEventListener("focusin", focused);
    root.removeEventListener("focusout", hide);
    root.removeEventListener("pointerdown", hide);
    root.removeEventListener("keydown", pressed);
    root.removeEventListener("scroll", hide, true);
    tip.remove();
  };
}
