import { groups, pages } from "virtual:guide";
import { messages, type Language } from "../i18n/language.ts";
import type { GuidePage, PageGroup } from "./page.ts";

export interface Guide {
  language: Language;
  groups: PageGroup[];
  /** By slug, a function that loads the page. */
  pages: Record<string, () => Promise<{ default: GuidePage }>>;
}

const english: Guide = { language: "en", groups, pages };

/** The guide in the current language; in English until the other one is loaded. */
export const guide = messages(english, {
  hi: async () => ({ default: { language: "hi", ...(await import("virtual:guide-hi")) } satisfies Guide as Guide }),
});
