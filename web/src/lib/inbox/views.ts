import type { Counts, Filter, Message, Note, TalkDetail, TalkEvent } from "./backend.ts";

export const VIEWS = ["open", "mine", "unassigned", "bot", "snoozed", "resolved", "all", "spam"] as const;
export type View = (typeof VIEWS)[number];

const FILTERS: Record<View, Filter> = {
  open: { status: "open" },
  mine: { status: "open", assignee: "me" },
  unassigned: { status: "open", assignee: "none" },
  bot: { status: "bot" },
  snoozed: { status: "snoozed" },
  resolved: { status: "resolved" },
  all: {},
  spam: { spam: true },
};

/** What the address of the inbox asks for. Unknown views are the first one. */
export function asked(params: URLSearchParams): { view: View; filter: Filter } {
  const view = VIEWS.find((each) => each === params.get("view")) ?? VIEWS[0];
  const [q, chatbot_id, tag, sort] = ["q", "chatbot", "tag", "sort"].map((name) => params.get(name));
  return {
    view,
    filter: {
      ...FILTERS[view],
      ...(q && { q }),
      ...(chatbot_id && { chatbot_id }),
      ...(tag && { tag: [tag] }),
      ...((sort === "oldest" || sort === "charged") && { sort }),
    },
  };
}

/** The address's parameters with one of them changed; an empty value removes it. */
export function withParam(params: URLSearchParams, name: string, value: string): string {
  const changed = new URLSearchParams(params);
  if (value) changed.set(name, value);
  else changed.delete(name);
  const text = changed.toString();
  return text && `?${text}`;
}

/** How many conversations a view has, as text: counts stop at a thousand. Empty for none, and for the view of all. */
export function countOf(counts: Counts | null, view: View): string {
  const count = view === "all" ? 0 : (counts?.[view] ?? 0);
  return count === 0 ? "" : count >= 1000 ? "1000+" : String(count);
}

export type Entry =
  | { of: "message"; key: string; at: string; message: Message }
  | { of: "event"; key: string; at: string; event: TalkEvent }
  | { of: "note"; key: string; at: string; note: Note };

/** What happened in a conversation in its order: an event after the message that it names, a note after what was there
 *  when it was written. */
export function timeline({ items, events, notes }: Pick<TalkDetail, "items" | "events" | "notes">): Entry[] {
  const happened = (after: number, before: number): Entry[] =>
    events
      .filter(({ after_number: number }) => number >= after && number < before)
      .map((event) => ({ of: "event", key: `${event.kind} ${event.created_at}`, at: event.created_at, event }));
  const entries: Entry[] = happened(-Infinity, items[0]?.number ?? Infinity);
  for (const [index, message] of items.entries()) {
    entries.push({ of: "message", key: message.id, at: message.created_at, message });
    entries.push(...happened(message.number, items[index + 1]?.number ?? Infinity));
  }
  for (const note of notes) {
    const written = Date.parse(note.created_at);
    const after = entries.findLastIndex(({ at }) => Date.parse(at) <= written);
    entries.splice(after + 1, 0, { of: "note", key: note.id, at: note.created_at, note });
  }
  return entries;
}
