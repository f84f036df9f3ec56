/** A list or a table makes one long block. A list longer than this many characters is cut at an item, so that the
 *  growing block stays cheap to parse. */
const LONG_LIST = 8_000;

type Kind = "none" | "text" | "list" | "note" | "fence" | "math" | "indented";

/** Splits a growing answer into its top-level markdown blocks. Reads each line once: a finished block never changes
 *  again. */
export class BlockSplitter {
  #text = "";
  /** The offsets of blocks. The last block is open. */
  #starts = [0];
  /** Everything before this offset has been read, line by line. */
  #position = 0;
  #kind: Kind = "none";
  #blank = false;
  #closing: RegExp | undefined;

  /** Takes the whole text so far, and whether it is complete. Returns false if the text does not continue the previous
   *  one. Then all blocks start again, and so must the caller's. */
  update(given: string, complete = false): boolean {
    const text = complete && !given.endsWith("\n") ? `${given}\n` : given;
    // Slicing and comparing is several times as fast as `startsWith`, which compares long texts character by character.
    const continues = text.slice(0, this.#text.length) === this.#text;
    if (!continues) this.#reset();
    this.#text = text;
    for (let end = text.indexOf("\n", this.#position); end !== -1; end = text.indexOf("\n", this.#position)) {
      this.#read(text.slice(this.#position, end));
      this.#position = end + 1;
    }
    return continues;
  }

  /** The number of finished blocks. The next one is open, and may be empty. */
  get finished(): number {
    return this.#starts.length - 1;
  }

  /** The text of a block. The index `finished` is the open one. */
  block(index: number): string {
    return this.#text.slice(this.#starts[index], this.#starts[index + 1]);
  }

  #reset(): void {
    this.#starts = [0];
    this.#position = 0;
    this.#kind = "none";
    this.#blank = false;
    this.#closing = undefined;
  }

  #read(line: string): void {
    if (this.#closing) {
      if (this.#closing.test(line)) this.#close();
    } else if (line.trim() === "") {
      this.#blank = this.#kind !== "none";
    } else {
      if (this.#begins(line)) this.#begin();
      this.#open(line);
      this.#blank = false;
    }
  }

  /** A fence or a formula ends its block, unless it is inside a list. */
  #close(): void {
    this.#closing = undefined;
    if (this.#kind === "list") return;
    this.#starts.push(this.#position + this.#lineLength() + 1);
    this.#kind = "none";
    this.#blank = false;
  }

  #lineLength(): number {
    return this.#text.indexOf("\n", this.#position) - this.#position;
  }

  /** Whether this line is the first of a new block. */
  #begins(line: string): boolean {
    if (this.#kind === "none") return false;
    const start = this.#starts.at(-1) ?? 0;
    if (this.#kind === "list") {
      if (isItem(line)) return this.#position - start > LONG_LIST && !/^\s/.test(line);
      if (/^(?: {2,}|\t)/.test(line)) return false;
      return this.#blank || isFence(line) || isHeading(line);
    }
    if (this.#kind === "note") return this.#blank ? !/^(?: {2,}|\t)/.test(line) : isFence(line) || isHeading(line);
    if (this.#kind === "indented") return this.#blank && !/^(?: {4}|\t)/.test(line);
    return this.#blank || isFence(line) || isHeading(line) || opensMath(line);
  }

  #begin(): void {
    this.#starts.push(this.#position);
    this.#kind = "none";
  }

  /** The kind of the open block after this line of it. */
  #open(line: string): void {
    const inList = this.#kind === "list" && /^(?: {2,}|\t)/.test(line);
    const fence = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(`{3,}|~{3,})([^\n]*)$/.exec(line);
    if (fence?.[1] && (inList || isItem(line) || isFence(line)) && !(fence[1][0] === "`" && fence[2]?.includes("`"))) {
      this.#kind = inList || isItem(line) ? "list" : "fence";
      // A line that is indented further is code (https://spec.commonmark.org/0.31.2/#fenced-code-blocks).
      const indent = this.#kind === "fence" ? " {0,3}" : "\\s*";
      this.#closing = new RegExp(`^${indent}${fence[1][0]}{${fence[1].length},}\\s*$`);
    } else if (!inList && opensMath(line)) {
      this.#kind = "math";
      this.#closing = line.trimStart().startsWith("$$") ? /\$\$\s*$/ : /\\\]\s*$/;
    } else if (isItem(line) && this.#kind !== "indented") {
      this.#kind = "list";
    } else if (this.#kind === "none") {
      this.#kind = /^(?: {4}|\t)/.test(line) ? "indented" : isFootnote(line) ? "note" : "text";
      if (isHeading(line)) this.#endAfter(line);
    }
  }

  /** A heading is one line. */
  #endAfter(line: string): void {
    this.#starts.push(this.#position + line.length + 1);
    this.#kind = "none";
  }
}

function isItem(line: string): boolean {
  return /^\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)/.test(line) && !/^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,})$/.test(line);
}

function isFootnote(line: string): boolean {
  return /^ {0,3}\[\^[^\]\s^]+\]:/.test(line);
}

function isFence(line: string): boolean {
  return /^ {0,3}(?:`{3,}[^`]*|~{3,}.*)$/.test(line);
}

function isHeading(line: string): boolean {
  return /^ {0,3}#{1,6}(?:\s|$)/.test(line);
}

/** A formula that begins on this line and does not end on it. */
function opensMath(line: string): boolean {
  const text = line.trim();
  if (text.startsWith("$$")) return !text.slice(2).includes("$$");
  return text.startsWith("\\[") && !text.includes("\\]");
}
