import { copyText } from "../clipboard.ts";
import { answerActions } from "../i18n/answer_actions.ts";
import { sourcesOf } from "../sources/sources.ts";

/** Copies an answer as rich text and as its Markdown, and returns which of them the clipboard has: `plain` is the
 *  Markdown alone. Call it within a click: browsers open the clipboard for nothing else, and Safari only at once, so
 *  the item is made before its text is rendered. */
export async function copyAnswer(
  text: string,
  metadata: Record<string, unknown>,
): Promise<"rich" | "plain" | "failed"> {
  const html = render(text, metadata);
  html.catch(() => undefined); // it is awaited below, unless the clipboard refuses before
  try {
    const blob = (type: string) => (content: string) => new Blob([content], { type });
    const item = new ClipboardItem({
      "text/html": html.then(blob("text/html")),
      "text/plain": Promise.resolve(text).then(blob("text/plain")),
    });
    await navigator.clipboard.write([item]);
    return "rich";
  } catch {
    const rendered = await html.catch(() => null);
    if (rendered !== null && copyByCommand(rendered, text)) return "rich";
    return (await copyText(text)) ? "plain" : "failed";
  }
}

async function render(text: string, metadata: Record<string, unknown>): Promise<string> {
  const [{ renderAnswer }, { richText }] = await Promise.all([import("./answers.ts"), import("./rich_text.ts")]);
  const sources = sourcesOf(metadata);
  return richText(await renderAnswer(text, sources), sources, answerActions.value.sources);
}

/** The older command, for browsers without `ClipboardItem` and pages that may not use it. */
function copyByCommand(html: string, text: string): boolean {
  let copied = false;
  const fill = (event: ClipboardEvent) => {
    event.preventDefault();
    event.clipboardData?.setData("text/html", html);
    event.clipboardData?.setData("text/plain", text);
    copied = event.clipboardData !== null;
  };
  document.addEventListener("copy", fill, { capture: true, once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", fill, { capture: true });
  return done && copied;
}
