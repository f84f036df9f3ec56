import workerUrl from "./worker.ts?worker&url";
import { loadConfig } from "../config.ts";
import { markdown as messages } from "../i18n/markdown.ts";
import { sources as sourceMessages } from "../i18n/sources.ts";
import { scriptUrl } from "../trusted.ts";
import { markSources } from "../sources/markers.ts";
import type { Source } from "../sources/sources.ts";
import { BlockSplitter } from "./blocks.ts";
import { decorate, setStorage } from "./decorate.ts";
import { Footnotes } from "./footnote_links.ts";
import { lightMarkup } from "./light.ts";
import { Pipeline } from "./pipeline.ts";
import { sanitize } from "./sanitize.ts";
import { AnswerView } from "./view.ts";
import { warmUp } from "./warm_up.ts";

const pipeline = new Pipeline(() => new Worker(scriptUrl(workerUrl), { type: "module", name: "markdown" }));

// Until the address of our own storage is known, every picture needs a click.
void loadConfig().then(
  ({ files_url }) => setStorage(files_url ? [`${files_url}/`] : []),
  () => undefined,
);

// The worker starts in the meantime.
warmUp((text) => {
  sanitize(lightMarkup(text, true));
  void pipeline.render(text);
});

for (const each of [messages, sourceMessages])
  each.subscribe(() => {
    for (const answer of document.querySelectorAll(".markdown")) decorate(answer);
  });

/** A view in `root` that shares its worker with all others. */
export function createView(root: HTMLElement): AnswerView {
  return new AnswerView(root, pipeline);
}

/** A complete answer as nodes outside the page, each block rendered in full. */
export async function renderAnswer(text: string, sources: readonly Source[]): Promise<DocumentFragment> {
  const splitter = new BlockSplitter();
  splitter.update(text, true);
  const blocks = Array.from({ length: splitter.finished + 1 }, (_, index) => splitter.block(index));
  const answer = document.createDocumentFragment();
  for (const block of blocks.filter((each) => each.trim()))
    answer.append(sanitize((await pipeline.render(block)) ?? lightMarkup(block, false)));
  markSources(answer, sources);
  new Footnotes().take(answer, answer);
  return answer;
}
