/** The keys of a menu: arrows, Home and End move between its items, Tab closes it. The first item gets the focus. */
export function menuKeys(close: () => void): (menu: HTMLElement) => () => void {
  return (menu) => {
    const items = () => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])")];
    const press = (event: KeyboardEvent) => {
      const all = items();
      const at = all.indexOf(document.activeElement as HTMLElement);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (event.key === "Tab") close();
      if (to === undefined) return;
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    };
    menu.addEventListener("keydown", press);
    items()[0]?.focus();
    return () => menu.removeEventListener("keydown", press);
  };
}
