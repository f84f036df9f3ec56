import { highlight } from "./highlight.ts";
import { createMarkup } from "./markup.ts";
import { renderMath } from "./mathml.ts";
import type { RenderRequest, RenderResult } from "./pipeline.ts";

const markup = createMarkup({ highlight, math: renderMath, complete: true });

addEventListener("message", ({ data }: MessageEvent<RenderRequest>) => {
  const result: RenderResult = { id: data.id, html: markup(data.text) };
  postMessage(result);
});
