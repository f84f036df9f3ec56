import type { Mode, UseCase } from "./backend.ts";
import type { ChatbotForm, ChatbotLanguage } from "./form.ts";
import written from "./prompt_templates.json" with { type: "json" };

/** What a chatbot starts with: its instructions and its first message. */
export interface Template {
  prompt: string;
  greeting: string;
}

/** From what a chatbot of this use case answers. */
const MODES: Record<UseCase, Mode> = {
  support: "documents_only",
  sales: "documents_first",
  faq: "documents_only",
  booking: "documents_first",
  internal: "documents_only",
  tutoring: "documents_first",
};

/** What the API fills in too; Python writes the file (local/web/prompt_templates.py). */
export const TEMPLATES: Record<UseCase, Record<ChatbotLanguage, Template>> = written;

/** The form with the template of a use case in the chatbot's first language. What was written by hand remains. */
export function withTemplate(form: ChatbotForm, use_case: UseCase): ChatbotForm {
  const all = Object.values(TEMPLATES).flatMap((each) => Object.values(each));
  const { prompt, greeting } = TEMPLATES[use_case][form.languages[0] ?? "en"];
  const untouched = form.system_prompt.trim() === "" || all.some((each) => each.prompt === form.system_prompt);
  const ungreeted = form.greeting.trim() === "" || all.some((each) => each.greeting === form.greeting);
  return {
    ...form,
    use_case,
    mode: untouched ? MODES[use_case] : form.mode,
    system_prompt: untouched ? prompt : form.system_prompt,
    greeting: ungreeted ? greeting : form.greeting,
  };
}
