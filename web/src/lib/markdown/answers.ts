import workerUrl from "./worker.ts?worker&url";
import { loadConfig } from "../config.ts";
import { markdown as messages } from "../i18n/markdown.ts";
import { scriptUrl } from "../trusted.ts";
import { decorate, setStorage } from "./decorate.ts";
import { Pipeline } from "./pipeline.ts";
import { AnswerView } from "./view.ts";

const pipeline = new Pipeline(() => new Worker(scriptUrl(workerUrl), { type: "module", name: "markdown" }));

// Until it is known where our pictures lie, each is asked for.
void loadConfig().then(
  ({ files_url }) => setStorage(files_url ? [`${files_url}/`] : []),
  () => undefined,
);

messages.subscribe(() => {
  for (const answer of document.querySelectorAll(".markdown")) decorate(answer);
});

/** A view that fills `root`, whose worker it shares with all others. */
export function createView(root: HTMLElement): AnswerView {
  return new AnswerView(root, pipeline);
}
