import { parsePrompts, withDistinctNames, type PromptText } from "./markdown_file.ts";

/** The largest file that is read: 5,000 prompts of 2,000 characters. */
const FILE_BYTES = 10_000_000;

export type LeftOutReason = "empty" | "longName" | "longText" | "file";

/** A chosen file; its text is null if it cannot be read as text. */
export interface ReadFile {
  name: string;
  text: string | null;
}

/** The texts of files. Files that are too large, or are no UTF-8 text, have none. */
export function readFiles(files: readonly File[]): Promise<ReadFile[]> {
  return Promise.all(
    files.map(async (file) => {
      if (file.size > FILE_BYTES) return { name: file.name, text: null };
      try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
        return { name: file.name, text: text.includes("\0") ? null : text };
      } catch {
        return { name: file.name, text: null };
      }
    }),
  );
}

/** The prompts of all files with distinct names, and what is left out. */
export function collect(
  files: readonly ReadFile[],
  whole: boolean,
): { prompts: PromptText[]; leftOut: { reason: LeftOutReason; name: string }[] } {
  const prompts: PromptText[] = [];
  const leftOut: { reason: LeftOutReason; name: string }[] = [];
  for (const { name, text } of files) {
    if (text === null) {
      leftOut.push({ reason: "file", name });
      continue;
    }
    const found = parsePrompts(text, name, whole);
    prompts.push(...found.prompts);
    for (const each of found.empty) leftOut.push({ reason: "empty", name: each });
    for (const each of found.longNames) leftOut.push({ reason: "longName", name: each });
    for (const each of found.longTexts) leftOut.push({ reason: "longText", name: each });
  }
  return { prompts: withDistinctNames(prompts), leftOut };
}
