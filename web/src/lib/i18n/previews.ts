import { messages } from "./language.ts";

const english = {
  kinds: { html: "Web page", svg: "SVG image", mermaid: "Diagram" },
  view: "View",
  preview: "Preview",
  code: "Code",
  both: "Side by side",
  download: (name: string) => `Download ${name}`,
  again: "Run again",
  /** `hosts`: the sites that the page wants to load from. */
  noNetwork: (hosts: string) =>
    `A preview has no network, so what this page loads from ${hosts} is missing. Download the file and open it to see everything.`,
};

export type PreviewMessages = typeof english;
export const previews = messages(english, { hi: () => import("./hi/previews.ts") });
