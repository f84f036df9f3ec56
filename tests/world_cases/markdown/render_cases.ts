/** Prints the HTML of each line of the corpus as the web app renders it: whole, and from pieces as it streams. */
import { readFileSync } from "node:fs";
import { BlockSplitter } from "../../../web/src/lib/markdown/blocks.ts";
import { lightMarkup } from "../../../web/src/lib/markdown/light.ts";
import { createMarkup } from "../../../web/src/lib/markdown/markup.ts";

const markup = createMarkup({
  math: (tex, display) => `<math${display ? " display" : ""}>${tex}</math>`,
});

function blocksOf(splitter: BlockSplitter): string[] {
  return Array.from({ length: splitter.finished + 1 }, (_, index) =>
    splitter.block(index),
  ).filter((each) => each.trim());
}

/** Without what is the same in every link, so that expected HTML can be read. */
function short(html: string): string {
  return html
    .replace(
      / data-host="[^"]*"| target="_blank" rel="noopener noreferrer"| tabindex="0"| role="region"| dir="ltr"/g,
      "",
    )
    .replace(
      /<button type="button" data-action="(?:copy-table|copy-code|note-back)"(?: data-note="[^"]*")?><\/button>/g,
      "",
    )
    .trim();
}

function rendered(blocks: string[]): string {
  return short(blocks.map((block) => markup(block).trim()).join("\n"));
}

/** The text as a reader sees it after each piece of `size`. */
function streamed(text: string, size: number): string {
  const splitter = new BlockSplitter();
  const finished: string[] = [];
  for (let end = size; end < text.length; end += size) {
    splitter.update(text.slice(0, end));
    lightMarkup(splitter.block(splitter.finished), true);
    finished.forEach((block, index) => {
      if (splitter.block(index) !== block)
        throw new Error(`A finished block changed: ${block}`);
    });
    while (finished.length < splitter.finished)
      finished.push(splitter.block(finished.length));
  }
  splitter.update(text, true);
  return rendered(blocksOf(splitter));
}

const lines = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as {
  text: string;
}[];
const results = lines.map(({ text }) => ({
  html: streamed(text, text.length),
  light: short(lightMarkup(text, false)),
  alone: short(markup(text)),
  streamed: [1, 2, 3, 7].map((size) => streamed(text, size)),
}));
console.log(JSON.stringify(results));
