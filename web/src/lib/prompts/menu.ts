import type { PromptText } from "./markdown_file.ts";

/** The longest text after `/` that is looked for. */
const LONGEST_QUERY = 60;

/** What is looked for in a message: the text from a `/` that starts it to the cursor. Null if the message is none that
 *  asks for a prompt. A slash elsewhere is text, as in a path, a fraction or “and/or”. */
export function queryOf(text: string, cursor: number): string | null {
  const query = text.slice(1, cursor);
  if (!text.startsWith("/") || cursor < 1 || query.length > LONGEST_QUERY || query.includes("\n")) return null;
  return query;
}

/** The prompts whose names contain every word, ignoring case; those whose names start with the words come first. */
export function matching<T extends PromptText>(prompts: readonly T[], query: string): T[] {
  const typed = fold(query).trim();
  const words = typed.split(/\s+/).filter(Boolean);
  const found = prompts
    .map((prompt) => ({ prompt, name: fold(prompt.name) }))
    .filter(({ name }) => words.every((word) => name.includes(word)));
  const first = found.filter(({ name }) => name.startsWith(typed));
  return [...first, ...found.filter(({ name }) => !name.startsWith(typed))].map(({ prompt }) => prompt);
}

function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
