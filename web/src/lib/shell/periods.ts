import type { ListedConversation } from "../conversations.ts";

export type Period = "pinned" | "today" | "yesterday" | "week" | "earlier";

const DAY = 86_400_000;

/** Conversations by their last day, in days of this computer; pinned ones first. Their order stays. */
export function byPeriod(
  conversations: readonly ListedConversation[],
  now: number = Date.now(),
): { period: Period; items: ListedConversation[] }[] {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const periodOf = ({ pinned, last_message_at }: ListedConversation): Period => {
    const at = Date.parse(last_message_at);
    if (pinned) return "pinned";
    if (at >= midnight) return "today";
    if (at >= midnight - DAY) return "yesterday";
    return at >= midnight - 7 * DAY ? "week" : "earlier";
  };
  const groups = Map.groupBy(conversations, periodOf);
  const order: Period[] = ["pinned", "today", "yesterday", "week", "earlier"];
  return order.flatMap((period) => {
    const items = groups.get(period);
    return items ? [{ period, items }] : [];
  });
}
