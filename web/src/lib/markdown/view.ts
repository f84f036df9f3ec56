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
  /** "open": it still grows. "plain", "light": it is finished, and shown for now so. "done": as it will stay. */
  state: "open" | "plain" | "light" | "done";
  text: string;
}

/** How much longer than its last light parse took the open block waits for the next one, so that parsing never takes
 *  more than a quarter of the time, however long the block. */
const PAUSE = 3;

/** From so many blocks on, the browser lays out only those in sight: all but the last few, whose height is not known
 *  yet. Of an answer that is being written that is so from its beginning, as each of them has been drawn. */
const LONG = 40;
const LAST = 6;

/** So many blocks are with the worker or wait to be written at once: of a long answer those in sight come first, wherever
 *  the reader scrolls meanwhile. */
const ASKED = 24;

/** An answer on the page. Finished blocks are rendered once, by the worker; the one that grows is parsed lightly here;
 *  all of it is written in one animation frame at a time. */
export class AnswerView implements FrameJob {
  #root: HTMLElement;
  #pipeline: Pipeline;
  #splitter = new BlockSplitter();
  #blocks: Block[] = [];
  /** Finished blocks that the worker has not been asked for, the next one first. */
  #wanted: Block[] = [];
  #asked = new Set<Block>();
  #ready: { block: Block; html: string | null }[] = [];
  #text = "";
  #notes = new Footnotes();
  #sources: readonly Source[] = [];
  /** Whether what is there was written before its sources were known. */
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

  /** The whole text so far, whether more will come, and what its `[n]` stand for. */
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
    // What took this frame's time leaves the rest to the next one, but never to two.
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
      // The line that has turned out to begin the next block was shown in this one.
      else if (shown.length > text.length) morph(block.element, this.#nodes(lightMarkup(text, false)));
      this.#wanted.push(block);
    }
    // Conversations open at their end.
    if (!this.#streaming && from < finished) this.#wanted.unshift(...this.#wanted.splice(-LAST).reverse());
    this.#dropEmpty(finished);
  }

  /** The open block vanishes where the answer ended with its predecessor. */
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

  /** A block has come into sight. */
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

  /** True where the open block has to wait for a later frame. */
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

  /** What is still plain text is parsed lightly here, as far as time allows: on a page that has just been opened the
   *  worker is still loading. Where it is there, it is as quick. */
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
