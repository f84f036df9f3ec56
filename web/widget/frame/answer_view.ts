import type { AnswerView } from "./markdown.ts";

/** `markdown.ts` is a file of its own. Its rules take long to make, and the chat is open before an answer needs them. */
const FILE = "/widget-markdown.js";
let loading: Promise<typeof AnswerView | null> | undefined;

/** Loads what shows answers, once. Null: it cannot be loaded now, and an answer is plain text. */
export function answerView(): Promise<typeof AnswerView | null> {
  return (loading ??= import(/* @vite-ignore */ FILE).then(
    (loaded: { AnswerView: typeof AnswerView }) => loaded.AnswerView,
    () => ((loading = undefined), null),
  ));
}
