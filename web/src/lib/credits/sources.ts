import type { PaymentSource, PaymentSources } from "./backend.ts";

/** The choices of what pays answers besides own keys: each source alone, or both in an order; or own keys alone. */
export const CHOICES = ["plan,credits", "credits,plan", "plan", "credits", "own_key"] as const;
export type Choice = (typeof CHOICES)[number];

/** When own keys pay, beside the other sources. An order that does not name them has them first. */
export const KEY_PLACES = ["first", "last"] as const;
export type KeyPlace = (typeof KEY_PLACES)[number];

/** The choice that an order of sources is. */
export function choiceOf(order: readonly PaymentSource[]): Choice {
  const found = order.length > 1 ? order.filter((each) => each !== "own_key").join(",") : order[0];
  return CHOICES.find((each) => each === found) ?? "plan,credits";
}

/** Where own keys are in an order; between two others is after the first. */
export function keyPlaceOf(order: readonly PaymentSource[]): KeyPlace {
  return order.indexOf("own_key") > 0 ? "last" : "first";
}

/** The order of sources that a choice is. */
export function orderOf(choice: Choice, place: KeyPlace = "first"): PaymentSource[] {
  const order = choice.split(",") as PaymentSource[];
  return place === "first" || choice === "own_key" ? order : [...order, "own_key"];
}

/** The sources with one source for a chatbot; null: it is paid as the workspace's other answers. */
export function withChatbot(sources: PaymentSources, id: string, source: PaymentSource | null): PaymentSources {
  const others = sources.chatbots.filter(({ chatbot_id }) => chatbot_id !== id);
  return { ...sources, chatbots: source ? [...others, { chatbot_id: id, source }] : others };
}
