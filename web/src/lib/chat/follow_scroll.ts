import { Store } from "../state/store.ts";

/** The reader counts as at the end within this many pixels. */
const NEAR = 100;

/** Keeps the end of growing content in view while the reader is there. The first scroll upwards lets go. Scrolling back
 *  to the end, or `toEnd`, follows again. */
export class FollowScroll {
  readonly following = new Store(true);
  #scroller: HTMLElement | undefined;
  #top = 0;
  #height = 0;
  #isWhole: () => boolean = () => true;

  /** Starts to follow: `scroller` scrolls, `content` grows inside it. If `isWhole` returns false, more content follows
   *  this end, so it does not follow. Returns a function that stops. */
  attach(scroller: HTMLElement, content: HTMLElement, isWhole: () => boolean): () => void {
    this.#scroller = scroller;
    this.#isWhole = isWhole;
    const scrolled = () => this.#scrolled(scroller);
    const observer = new ResizeObserver(() => this.following.value && this.#jump());
    observer.observe(content);
    observer.observe(scroller);
    scroller.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      scroller.removeEventListener("scroll", scrolled);
    };
  }

  /** Scrolls to the end and follows it. */
  toEnd(): void {
    this.following.set(true);
    this.#jump();
  }

  /** Stays at the reader's position while content grows. */
  release(): void {
    this.following.set(false);
  }

  #jump(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    scroller.scrollTop = scroller.scrollHeight;
    this.#top = scroller.scrollTop;
    this.#height = scroller.scrollHeight;
  }

  #scrolled(scroller: HTMLElement): void {
    const { scrollTop, scrollHeight, clientHeight } = scroller;
    // Shrinking content and a growing window move the reader. The reader does not want to leave the end.
    const smaller = Math.max(this.#height - scrollHeight, 0);
    const below = scrollHeight - scrollTop - clientHeight;
    const upwards = below > 1 && scrollTop < this.#top - smaller - 1;
    const near = below <= NEAR;
    if (upwards) this.following.set(false);
    else if (scrollTop > this.#top + 1 && near && this.#isWhole()) this.following.set(true);
    this.#top = scrollTop;
    this.#height = scrollHeight;
  }
}
