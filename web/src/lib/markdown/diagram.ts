import { markdown as messages } from "../i18n/markdown.ts";

/** Draws a diagram in place of its code, or shows the code again. Its frame has no origin, so that nothing in it
 *  reaches the page, the session or another host. */
export function toggleDiagram(figure: HTMLElement, button: HTMLElement): void {
  const frame = figure.querySelector("iframe");
  if (frame) frame.remove();
  else figure.append(frameOf(figure));
  label(figure, button);
}

function label(figure: HTMLElement, button: HTMLElement): void {
  const drawn = figure.querySelector("iframe") !== null;
  figure.dataset.view = drawn ? "diagram" : "code";
  button.textContent = drawn ? messages.value.showCode : messages.value.showDiagram;
}

function frameOf(figure: HTMLElement): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.title = messages.value.diagram;
  frame.src = "/diagram.html";
  const text = figure.querySelector("code")?.textContent ?? "";
  const listen = ({ data, source }: MessageEvent<{ ready?: true; failed?: true; height?: number }>) => {
    if (!frame.isConnected) removeEventListener("message", listen);
    if (source === null || source !== frame.contentWindow) return;
    if (data.ready) frame.contentWindow?.postMessage({ text, dark: isDark() }, "*");
    if (typeof data.height === "number") frame.style.height = `${Math.min(Math.max(data.height, 40), 2_000)}px`;
    if (data.failed) fail(figure, frame);
  };
  addEventListener("message", listen);
  return frame;
}

function fail(figure: HTMLElement, frame: HTMLElement): void {
  frame.remove();
  const button = figure.querySelector<HTMLElement>('[data-action="show-diagram"]');
  if (button) label(figure, button);
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.className = "diagram-failed";
  sentence.textContent = messages.value.diagramFailed;
  figure.querySelector(".diagram-failed")?.remove();
  figure.append(sentence);
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
