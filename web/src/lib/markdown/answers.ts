import workerUrl from "./worker.ts?worker&url";
import { loadConfig } from "../config.ts";
import { markdown as messages } from "../i18n/markdown.ts";
import { sources as sourceMessages } from "../i18n/sources.ts";
import { scriptUrl } from "../trusted.ts";
import { decorate, setStorage } from "./decorate.ts";
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
