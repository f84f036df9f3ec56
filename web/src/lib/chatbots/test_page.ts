import type { Chatbot } from "./backend.ts";

/** The page of ours with nothing but the chatbot's published widget. `page`: the address of the chatbot's own page, at the
 *  widget's origin. */
export function testPage(chatbot: Pick<Chatbot, "public_id" | "published">, page: string, language: string): string {
  const address = new URL("/widget-test.html", page);
  const look = chatbot.published?.widget;
  const attributes = { color: look?.color, position: look?.position, language: look?.languages[0] };
  address.searchParams.set("chatbot", chatbot.public_id);
  for (const [name, value] of Object.entries(attributes)) if (value) address.searchParams.set(name, value);
  address.searchParams.set("page", language);
  return address.href;
}
