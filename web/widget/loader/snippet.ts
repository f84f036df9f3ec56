/** What the website wrote into its page. */
export interface Snippet {
  chatbot: string;
  /** The widget's own origin, from the script's address. */
  origin: string;
  /** Of the button, as `#rrggbb`. */
  color: string;
  /** Mirrored on a page that is read from right to left. */
  position: "left" | "right";
  /** The distance from the lower edge and the side, in pixels. */
  offset: number;
  /** Its `z-index`: cookie banners may have to be above it. */
  layer: number;
  /** The button's name; empty: in the language's own words. */
  label: string;
  language: string;
  /** A selector of the element that shows the chat in the page; null: a button opens it. */
  inline: string | null;
}

type Settings = Readonly<Record<string, unknown>>;

const CHATBOT = /^[a-z0-9]{20}$/;
const HIGHEST = 2_147_483_000;
const ADDRESS = /\/widget\.js(?:[?#]|$)/;

/** Reads the script's `data-` attributes, then `window.OneAI = { chatbot: … }`. Optimisers of pages rename a script's
 *  type and move its address to other attributes, so the address is looked for in all of them. Null where no chatbot
 *  is named. */
export function readSnippet(page: Document, settings: Settings): Snippet | null {
  const current = page.currentScript;
  const script =
    (current && addressOf(current) ? current : null) ??
    page.querySelector("script[data-chatbot]") ??
    [...page.querySelectorAll("script")].find(addressOf);
  const address = script && addressOf(script);
  if (!address) return null;
  const text = (name: string) => String((script as HTMLElement).dataset[name] ?? settings[name] ?? "");
  const chatbot = text("chatbot");
  if (!CHATBOT.test(chatbot)) return null;
  const layer = Number(text("layer") || HIGHEST);
  const offset = Number(text("offset") || 20);
  const inline = (script as HTMLElement).dataset.inline ?? settings.inline;
  return {
    chatbot,
    origin: new URL(address, page.baseURI).origin,
    color: /^#[0-9a-f]{6}$/i.test(text("color")) ? text("color") : "#2563eb",
    position: text("position") === "left" ? "left" : "right",
    offset: offset >= 0 && offset <= 400 ? offset : 20,
    layer: Number.isInteger(layer) ? layer : HIGHEST,
    label: text("label").slice(0, 60),
    language: (text("language") || page.documentElement.lang).slice(0, 2).toLowerCase(),
    inline: typeof inline === "string" ? inline : null,
  };
}

function addressOf(script: Element): string | undefined {
  return [...script.attributes].map(({ value }) => value).find((value) => ADDRESS.test(value));
}
