import { Store } from "../state/store.ts";

/** Pixels from the end within which the reader is taken to be at the end. */
const NEAR = 100;

/** Keeps the end of a growing content in view for as long as the reader is there. The first scroll upwards lets go;
 *  coming back to the end, or `toEnd`, follows again. */
export class FollowScroll {
  readonly following = new Store(true);
  #scroller: HTMLElement | undefined;
  #top = 0;
  #height = 0;
  #isWhole: () => boolean = () => true;

  /** Begins to follow: `scroller` scrolls, `content` grows inside it. Where `isWhole` says no, more comes after the
   *  content's end, which is none to follow. Returns what ends that. */
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

  /** To the end, and on with it from now. */
  toEnd(): void {
    this.following.set(true);
    this.#jump();
  }

  /** Stays where the reader is, whatever grows. */
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
    // A content that became smaller moves the reader by as much; that is no wish to leave the end.
    const smaller = Math.max(this.#height - scrollHeight, 0);
    const upwards = scrollTop < this.#top - smaller - 1;
    const near = scrollHeight - scrollTop - clientHeight <= NEAR;
    if (upwards) this.following.set(false);
    else if (scrollTop > this.#top + 1 && near && this.#isWhole()) this.following.set(true);
    this.#top = scrollTop;
    this.#height = scrollHeight;
  }
}
