import { goto } from "$app/navigation";
import { setTheme } from "../appearance.ts";
import type { Shortcuts } from "../i18n/shortcuts.ts";
import { setLanguage } from "../i18n/language.ts";
import type { IconName } from "../ui/Icon.svelte";
import { shellDialog } from "../shell_state.ts";

export interface Command {
  name: string;
  icon: IconName;
  run: () => void;
}

/** The commands that work everywhere, by name in the page's language. */
export function commands(t: Shortcuts): Command[] {
  const open = (name: string, icon: IconName, path: string) => ({ name, icon, run: () => void goto(path) });
  return [
    open(t.newChat, "plus", "/c"),
    open(t.temporary, "temporary", "/c?temporary"),
    open(t.organise, "chats", "/conversations"),
    open(t.documents, "file", "/knowledge"),
    open(t.chatbots, "bot", "/chatbots"),
    open(t.prompts, "prompts", "/settings/prompts"),
    open(t.usage, "receipt", "/usage"),
    open(t.settings, "settings", "/settings"),
    open(t.data, "download", "/settings/data"),
    open(t.billing, "card", "/billing"),
    open(t.credits, "receipt", "/credits"),
    open(t.pricing, "list", "/pricing"),
    { name: t.title, icon: "keyboard", run: () => shellDialog.set("shortcuts") },
    { name: t.dark, icon: "colours", run: () => setTheme("dark") },
    { name: t.light, icon: "colours", run: () => setTheme("light") },
    { name: t.english, icon: "globe", run: () => setLanguage("en") },
    { name: t.hindi, icon: "globe", run: () => setLanguage("hi") },
  ];
}

/** Commands whose name contains all words. */
export function findCommands(all: readonly Command[], words: string): Command[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name }) => wanted.every((word) => name.toLowerCase().includes(word)));
}
