import { messages } from "./language.ts";

const english = {
  code: "Code",
  table: "Table",
  formula: "Formula",
  note: (label: string) => `Footnote ${label}`,
  noteBack: (label: string) => `Back to footnote ${label} in the text`,
  copyCode: "Copy code",
  copyTable: "Copy table",
  copyFailed: "Your browser doesn’t allow copying here. Select the text and copy it manually.",
  showPicture: (host: string) => `Show image from ${host}`,
  noPicture: (alt: string) => (alt ? `[Image: ${alt}]` : "[Image]"),
  pictureFailed: "The image can’t be shown here:",
  showDiagram: "Show diagram",
  showCode: "Show code",
  preview: "Preview",
  previewFailed: "The preview couldn’t be loaded. Try again.",
  diagram: "Diagram",
  diagramFailed: "The diagram has an error and can’t be drawn.",
};

export type Markdown = typeof english;
export const markdown = messages(english, { hi: () => import("./hi/markdown.ts") });
