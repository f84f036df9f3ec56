import type { PaymentSource, PaymentSources } from "./backend.ts";

/** The choices of what pays answers: each source alone, or both in an order. */
export const CHOICES = ["plan,credits", "credits,plan", "plan", "credits"] as const;
export type Choice = (typeof CHOICES)[number];

/** The choice that an order of sources is. */
export function choiceOf(order: readonly PaymentSource[]): Choice {
  const found = order.join(",");
  return CHOICES.find((each) => each === found) ?? "plan,credits";
}

/** The order of sources that a choice is. */
export function orderOf(choice: Choice): PaymentSource[] {
  return choice.split(",") as PaymentSource[];
}

/** The sources with one source for a chatbot; null: it is paid as the workspace's other answers. */
export function withChatbot(sources: PaymentSources, id: string, source: PaymentSource | null): PaymentSources {
  const others = sources.chatbots.filter(({ chatbot_id }) => chatbot_id !== id);
  return { ...sources, chatbots: source ? [...others, { chatbot_id: id, source }] : others };
}
