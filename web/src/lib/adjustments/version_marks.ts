import type { AnswerActionsMessages } from "../i18n/answer_actions.ts";
import type { Language } from "../i18n/language.ts";
import { languageName, type Making } from "./adjustments.ts";

/** How a version was made, in words. `own`: the reader edited it, and not the owner of a conversation that was copied. */
export function marksOf(making: Making, own: boolean, t: AnswerActionsMessages, language: Language): string[] {
  const { adjust, edited } = making;
  const changed = adjust?.language
    ? t.translated(languageName(adjust.language, language))
    : adjust && t.made[adjust.kind];
  const by = own ? t.editedByYou : edited ? t.edited : null;
  return [changed, by].filter((each) => each !== null);
}
