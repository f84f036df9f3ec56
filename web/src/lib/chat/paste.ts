/** Pasted texts of this many characters become a file. Other chats use 1,000 to 5,000. */
export const LONGEST_PASTE = 4_000;
/** And those of this many lines, which would hide the rest of the question. */
export const MAX_LINES = 50;

/** What a clipboard holds, of `DataTransfer`. */
export interface Clipboard {
  types: readonly string[];
  files: readonly File[];
  text: string;
  /** Whether Shift was held, as in Ctrl+Shift+V: the user wants text. */
  asText: boolean;
}

/** What to do with a paste: attach files, attach a long text, or leave a short text to the browser. */
export type Paste =
  { kind: "files"; files: readonly File[] } | { kind: "file of text"; text: string } | { kind: "text" };

/** Decides about a paste. Office programs put a picture of the copied cells or words beside their text, and a system's
 *  file manager puts the name of a file beside the file. */
export function pasteOf({ types, files, text, asText }: Clipboard): Paste {
  if (asText && text !== "") return { kind: "text" };
  const formatted = types.includes("text/html") || types.includes("text/rtf");
  const picturesOfText = formatted && text.trim() !== "" && files.every(({ type }) => type.startsWith("image/"));
  if (files.length > 0 && !picturesOfText) return { kind: "files", files };
  return isLong(text) ? { kind: "file of text", text } : { kind: "text" };
}

function isLong(text: string): boolean {
  if (text.length >= LONGEST_PASTE) return true;
  let lines = 1;
  for (const _ of text.trimEnd().matchAll(/\r\n|\r|\n|\u2028|\u2029/g)) if (++lines >= MAX_LINES) return true;
  return false;
}
