import { messages } from "./language.ts";

const english = {
  skip: "Skip to content",
  main: "Main",
  menu: "Menu",
  colours: "Light or dark theme",
  footer: "Footer",
  pricing: "Pricing",
  docs: "Docs",
  blog: "Blog",
  about: "About",
  support: "Support",
  status: "Status",
  privacy: "Privacy",
  terms: "Terms",
  product: "Product",
  company: "Company",
  legal: "Legal",
  openChat: "Open the chat",
  start: "Start for free",
  tagline: "One chat over many AI models, with exact costs and nothing lost.",
  rights: (year: number, operator: string) => `© ${year} ${operator}`,
  readMore: "Read more",
  back: "All posts",
};

export type Site = typeof english;
export const site = messages(english, { hi: () => import("./hi/site.ts") });
