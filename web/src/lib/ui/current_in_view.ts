/** Keeps the current link of a bar in view where the bar is wider than the screen: when another link becomes `current`,
 *  when links are added, and when the words of another language or their font change the links' widths. */
export const currentInView = (current: string) => (bar: HTMLElement) => {
  void current;
  const sizes = new ResizeObserver(() => {
    const link = bar.querySelector<HTMLElement>("[aria-current=page]");
    if (link) bar.scrollLeft = link.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2;
  });
  const observe = () => {
    for (const each of [bar, ...bar.querySelectorAll("a")]) sizes.observe(each);
  };
  const links = new MutationObserver(observe);
  links.observe(bar, { childList: true, subtree: true });
  observe();
  return () => {
    links.disconnect();
    sizes.disconnect();
  };
};
