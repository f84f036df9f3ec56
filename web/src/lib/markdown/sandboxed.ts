/** Sends `content` once to the page in a sandboxed frame, when that page says that it is ready. What the page says
 *  later is passed to `receive`. Nothing of it can be trusted, because scripts of an answer run there.
 *
 *  @returns a function that stops listening
 */
export function feedFrame(
  frame: HTMLIFrameElement,
  content: object,
  receive: (data: Record<string, unknown>) => void,
): () => void {
  let sent = false;
  const listen = ({ data, source }: MessageEvent<unknown>) => {
    if (source === null || source !== frame.contentWindow || typeof data !== "object" || data === null) return;
    if (!("ready" in data)) return receive(data as Record<string, unknown>);
    if (!sent) frame.contentWindow?.postMessage(content, "*"); // a frame without an origin has no other address
    sent = true;
  };
  addEventListener("message", listen);
  return () => removeEventListener("message", listen);
}

/** Whether the page is dark now. */
export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
