import type { AnswerView } from "./view.ts";

let views: Promise<(root: HTMLElement) => AnswerView> | undefined;

/** Makes views of answers. Its code (parser, sanitizer) is loaded with the first answer; a failure to load it is not
 *  remembered, so that the next answer tries again. */
export function answerViews(): Promise<(root: HTMLElement) => AnswerView> {
  views ??= import("./answers.ts")
    .then(({ createView }) => createView)
    .catch((failure: unknown) => {
      views = undefined;
      throw failure;
    });
  return views;
}

/** Loads it before the first answer is asked for, while the user still types. */
export function prepareAnswers(): void {
  void answerViews().catch(() => undefined);
}
