import type { Chatbot, Configuration } from "./backend.ts";

/** What the embed code says of the button. It names a language only where there is one. */
export function inCode({ widget: { color, position, languages } }: Configuration): string {
  return [color, position, languages.length === 1 ? languages[0] : ""].join(" ");
}

/** Whether publishing the draft changes that: websites keep the code that they have, so it has to be copied again. Never
 *  before the first publication. */
export function changesCode({ draft, published }: Pick<Chatbot, "draft" | "published">): boolean {
  return published !== null && inCode(draft) !== inCode(published);
}
