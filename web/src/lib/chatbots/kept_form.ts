import { Drafts } from "../drafts.ts";
import { parseForm, type ChatbotForm } from "./form.ts";

/** The unsaved form of one chatbot on this device, so that a reload loses nothing. Signing out removes it. */
export class KeptForm {
  readonly #drafts: Drafts;
  readonly #key: string;

  /** `id`: the chatbot; null for a new one of `workspace`. */
  constructor(user: string, id: string | null, workspace: string, drafts: Drafts = new Drafts(user)) {
    this.#drafts = drafts;
    this.#key = `chatbot ${id ?? `new ${workspace}`}`;
  }

  /** The form that was not saved; null if there is none, or if it equals the saved one. */
  read(saved: ChatbotForm): ChatbotForm | null {
    const kept = parseForm(this.#drafts.read(this.#key)?.text ?? "", saved);
    return kept && JSON.stringify(kept) !== JSON.stringify(saved) ? kept : null;
  }

  /** Keeps what is typed, or forgets it if it equals the saved form. */
  keep(form: ChatbotForm, saved: ChatbotForm): void {
    const text = JSON.stringify(form);
    if (text === JSON.stringify(saved)) this.forget();
    else this.#drafts.save(this.#key, text);
  }

  forget(): void {
    this.#drafts.remove(this.#key);
  }

  /** Writes it now: the page is being left. */
  flush(): void {
    this.#drafts.flush();
  }
}
