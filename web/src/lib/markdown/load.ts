import type { AnswerView } from "./view.ts";

let views: Promise<(root: HTMLElement) => AnswerView> | undefined;

/** Creates views of answers. The code (parser, sanitizer) is loaded with the first answer. A failure is not remembered,
 *  so the next answer tries again. */
export function answerViews(): Promise<(root: HTMLElement) => AnswerView> {
  views ??= import("./answers.ts")
    .then(({ createView }) => createView)
    .catch((failure: unknown) => {
      views = undefined;
      throw failure;
    });
  return views;
}

/** Loads the code before the first answer, while the user types. Not earlier: the cursor is in the box when the page opens,
 *  and the page should be usable first. */
export function prepareAnswers(): void {
  void answerViews().catch(() => undefined);
}
