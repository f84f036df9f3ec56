import { decorate, nameNotes, nameSources } from "./decorate.ts";
import { BlockSplitter } from "./blocks.ts";
import { Footnotes } from "./footnote_links.ts";
import { frames, type FrameJob } from "../state/frames.ts";
import { lightMarkup } from "./light.ts";
import { morph } from "./morph.ts";
import type { Pipeline } from "./pipeline.ts";
import { sanitize } from "./sanitize.ts";
import { markSources } from "../sources/markers.ts";
import { sameSources, type Source } from "../sources/sources.ts";

interface Block {
  element: HTMLElement;
  /** "open": still growing. "plain", "light": finished, with a temporary rendering. "done": final. */
  state: "open" | "plain" | "light" | "done";
  text: string;
}

/** The open block waits this many times as long as its last light parse took, so that parsing never takes more than a
 *  quarter of the time, for blocks of any length. */
const PAUSE = 3;

/** With this many blocks or more, the browser lays out only those in view: all but the last few, whose height is not
 *  known yet. An answer in progress does so from its beginning, because each of its blocks has been drawn. */
const LONG = 40;
const LAST = 6;

/** The number of blocks that are with the worker or wait to be written at once. Blocks of a long answer that are in
 *  view come first, also when the reader scrolls. */
const ASKED = 24;

/** An answer on the page. The worker renders finished blocks once; the growing one is parsed lightly here. Everything
 *  is written in animation frames. */
export class AnswerView implements FrameJob {
  #root: HTMLElement;
  #pipeline: Pipeline;
  #splitter = new BlockSplitter();
  #blocks: Block[] = [];
  /** Finished blocks that the worker does not have yet, the next one first. */
  #wanted: Block[] = [];
  #asked = new Set<Block>();
  #ready: { block: Block; html: string | null }[] = [];
  #text = "";
  #notes = new Footnotes();
  #sources: readonly Source[] = [];
  /** Whether the content was written before its sources were known. */
  #unmarked = false;
  #streaming = false;
  #pauseUntil = 0;
  #late = false;
  #closed = false;

  constructor(root: HTMLElement, pipeline: Pipeline) {
    this.#root = root;
    this.#pipeline = pipeline;
    root.addEventListener("contentvisibilityautostatechange", this.#seen, { capture: true });
  }

  /** The whole text so far, whether the answer is in progress, and the sources for its `[n]`. */
  update(text: string, streaming: boolean, sources: readonly Source[] = []): void {
    this.#text = text;
    this.#streaming = streaming;
    if (!sameSources(sources, this.#sources)) {
      this.#sources = sources;
      this.#unmarked = true;
    }
    this.#root.dataset.state = "rendering";
    frames.add(this);
  }

  destroy(): void {
    this.#closed = true;
    frames.remove(this);
    this.#root.removeEventListener("contentvisibilityautostatechange", this.#seen, { capture: true });
  }

  write(deadline: number): boolean {
    if (!this.#splitter.update(this.#text, !this.#streaming)) this.#clear();
    this.#markWritten();
    const finished = this.#streaming ? this.#splitter.finished : this.#splitter.finished + 1;
    this.#freeze(finished);
    const paused = this.#streaming && this.#writeOpen(finished);
    // If this frame's time is used up, the rest goes to the next one, but only once.
    this.#late = !this.#late && performance.now() > deadline;
    const bulk = this.#late || this.#writeReady(deadline) || this.#writeLight(deadline);
    this.#ask();
    const complete = !paused && !bulk && this.#blocks.every((block) => block.state === "done");
    if (complete) this.#root.dataset.state = "complete";
    return paused || bulk;
  }

  #markWritten(): void {
    if (!this.#unmarked) return;
    this.#unmarked = false;
    markSources(this.#root, this.#sources);
    nameSources(this.#root);
  }

  #clear(): void {
    this.#root.replaceChildren();
    this.#blocks = [];
    this.#wanted = [];
    this.#asked.clear();
    this.#ready = [];
    this.#notes.clear();
  }

  #freeze(finished: number): void {
    const last = this.#blocks.at(-1);
    const from = last?.state === "open" ? this.#blocks.length - 1 : this.#blocks.length;
    for (let index = from; index < finished; index++) {
      const text = this.#splitter.block(index);
      if (!text.trim() && index === finished - 1 && !this.#streaming) break; // the text ended with a line's end
      const block = this.#blocks[index] ?? this.#append(text);
      const shown = block.state === "open" ? block.text : "";
      block.state = shown ? "light" : "plain";
      block.text = text;
      if (!shown) block.element.replaceChildren(plainText(text));
      // The line that turned out to start the next block was shown in this one.
      else if (shown.length > text.length) morph(block.element, this.#nodes(lightMarkup(text, false)));
      this.#wanted.push(block);
    }
    // Conversations open at their end.
    if (!this.#streaming && from < finished) this.#wanted.unshift(...this.#wanted.splice(-LAST).reverse());
    this.#dropEmpty(finished);
  }

  /** The open block disappears if the answer ended with its predecessor. */
  #dropEmpty(finished: number): void {
    const last = this.#blocks.at(-1);
    if (last?.state !== "open" || this.#blocks.length > finished) return;
    last.element.remove();
    this.#blocks.pop();
  }

  #append(text: string): Block {
    const element = document.createElement("div");
    element.className = "block";
    element.dir = "auto";
    this.#root.append(element);
    const block: Block = { element, state: "plain", text };
    this.#blocks.push(block);
    const before = this.#blocks.at(-1 - LAST);
    if (before && (this.#streaming || this.#blocks.length >= LONG)) before.element.dataset.far = "true";
    return block;
  }

  /** Called when a block comes into view. */
  #seen = ({ target, skipped }: Event & { skipped?: boolean }): void => {
    const at = skipped ? -1 : this.#wanted.findIndex(({ element }) => element === target);
    if (at >= 0) this.#wanted.unshift(...this.#wanted.splice(at, 1));
  };

  #ask(): void {
    while (this.#asked.size < ASKED) {
      const block = this.#wanted.shift();
      if (!block) return;
      this.#render(block);
    }
  }

  #render(block: Block): void {
    this.#asked.add(block);
    // Tests read how often a finished block was parsed: once.
    block.element.dataset.parses = String(Number(block.element.dataset.parses ?? 0) + 1);
    void this.#pipeline.render(block.text).then((html) => {
      if (this.#closed) return;
      this.#ready.push({ block, html });
      frames.add(this);
    });
  }

  /** True if the open block must wait for a later frame. */
  #writeOpen(index: number): boolean {
    const text = this.#splitter.block(index);
    const block = this.#blocks[index];
    if (text === (block?.text ?? "") || (!block && !text.trim())) return false;
    const begin = performance.now();
    if (begin < this.#pauseUntil) return true;
    const open = block ?? this.#append("");
    open.state = "open";
    open.text = text;
    morph(open.element, this.#nodes(lightMarkup(text, true)));
    const took = performance.now() - begin;
    this.#pauseUntil = took > 4 ? begin + took * (1 + PAUSE) : 0;
    return false;
  }

  #writeReady(deadline: number): boolean {
    let next = this.#ready.shift();
    while (next) {
      const { block, html } = next;
      this.#asked.delete(block);
      if (block.element.isConnected || this.#root.contains(block.element)) {
        morph(block.element, this.#nodes(html ?? lightMarkup(block.text, false)));
        block.state = "done";
      }
      if (performance.now() > deadline) return this.#ready.length > 0;
      next = this.#ready.shift();
    }
    return false;
  }

  /** Parses plain text lightly here, as far as time allows: on a page that was just opened, the worker is still
   *  loading. Once it is there, it is as fast. */
  #writeLight(deadline: number): boolean {
    if (this.#pipeline.warm && !this.#streaming) return false;
    for (const block of [...this.#asked, ...this.#wanted]) {
      if (performance.now() > deadline) return !this.#pipeline.warm;
      if (block.state !== "plain") continue;
      morph(block.element, this.#nodes(lightMarkup(block.text, false)));
      block.state = "light";
    }
    return false;
  }

  #nodes(html: string): DocumentFragment {
    const fragment = sanitize(html);
    markSources(fragment, this.#sources);
    if (this.#notes.take(fragment, this.#root)) nameNotes(this.#root);
    decorate(fragment);
    return fragment;
  }
}

function plainText(text: string): Node {
  const paragraph = document.createElement("p");
  paragraph.className = "plain";
  paragraph.textContent = text;
  return paragraph;
}
