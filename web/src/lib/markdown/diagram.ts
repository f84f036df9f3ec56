import { markdown as messages } from "../i18n/markdown.ts";
import { feedFrame, isDark } from "./sandboxed.ts";

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
  const stop = feedFrame(frame, { text, dark: isDark() }, ({ height, failed }) => {
    if (!frame.isConnected) stop();
    else if (typeof height === "number") frame.style.height = `${Math.min(Math.max(height, 40), 2_000)}px`;
    else if (failed === true) fail(figure, frame);
  });
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
