import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FollowScroll } from "./follow_scroll.ts";

/** A scroller of 500 pixels, whose content may change its height and whose reader may scroll. */
class Scroller extends EventTarget {
  clientHeight = 500;
  scrollHeight = 2_000;
  #top = 0;

  get scrollTop(): number {
    return this.#top;
  }

  set scrollTop(top: number) {
    this.#top = Math.min(Math.max(top, 0), this.scrollHeight - this.clientHeight);
  }

  /** The content has another height, and the reader scrolls by `by` pixels, before either is reported. */
  change(height: number, by = 0): void {
    this.scrollHeight = height;
    this.scrollTop += by;
    this.dispatchEvent(new Event("scroll"));
    resized();
  }
}

let resized: () => void;
let scroller: Scroller;
let follow: FollowScroll;

beforeEach(() => {
  globalThis.ResizeObserver = class {
    constructor(callback: ResizeObserverCallback) {
      resized = () => callback([], this);
    }
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
  scroller = new Scroller();
  follow = new FollowScroll();
  const element = scroller as unknown as HTMLElement;
  follow.attach(element, element, () => true);
  follow.toEnd();
});

test("the end stays in view while the content grows and becomes smaller", () => {
  scroller.change(2_400);
  assert.equal(scroller.scrollTop, 1_900);
  scroller.change(2_100);
  assert.deepEqual([scroller.scrollTop, follow.following.value], [1_600, true]);
});

test("a reader who scrolls upwards stays there, even as the content changes", () => {
  for (const height of [2_000, 2_300, 1_900]) {
    scroller.change(2_000);
    follow.toEnd();
    scroller.change(height, -700);
    assert.deepEqual([height, scroller.scrollTop < height - 1_000, follow.following.value], [height, true, false]);
  }
});

test("coming back to the end follows again", () => {
  scroller.change(2_000, -700);
  scroller.change(2_000, 650);
  assert.equal(follow.following.value, true);
  scroller.change(2_600);
  assert.equal(scroller.scrollTop, 2_100);
});

test("a window that grows with its content does not let go of the end", () => {
  scroller.scrollHeight = 600;
  follow.toEnd();
  scroller.clientHeight = 700;
  scroller.change(700);
  assert.deepEqual([scroller.scrollTop, follow.following.value], [0, true]);
  scroller.change(1_500);
  assert.equal(scroller.scrollTop, 800);
});
