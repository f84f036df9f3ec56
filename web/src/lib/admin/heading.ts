import { Store } from "../state/store.ts";

/** What the page of one thing is titled with, such as a person's name; null: it is titled with its section. */
export const heading = new Store<string | null>(null);

/** Titles the page until the returned function is called. */
export function titled(text: string): () => void {
  heading.set(text);
  return () => {
    if (heading.value === text) heading.set(null);
  };
}
