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

/** What conversations are filtered by besides the view, as the address names it. */
export const CONDITIONS = [
  "chatbot",
  "assignee",
  "tag",
  "outcome",
  "rating",
  "language",
  "page",
  "from",
  "to",
  "charged",
] as const;
export type Condition = (typeof CONDITIONS)[number];

export const SORTS = ["newest", "oldest", "charged"] as const;
export type Sort = (typeof SORTS)[number];
export const OUTCOMES = ["answered", "partial", "not_found", "off_topic", "handoff"] as const;

/** The view and the order that an address asks for, the first ones where it names none that exist. */
export function viewOf(params: URLSearchParams): View {
  return VIEWS.find((each) => each === params.get("view")) ?? VIEWS[0];
}
export function sortOf(params: URLSearchParams): Sort {
  return SORTS.find((each) => each === params.get("sort")) ?? SORTS[0];
}

/** What the address of the inbox asks the list for. Amounts are dollars there; days are those of `tz`. */
export function asked(params: URLSearchParams, tz: string): Filter {
  const given = (name: string) => params.get(name) ?? undefined;
  const number = (name: string, scale: number) => {
    const value = Math.round(Number(given(name) ?? NaN) * scale);
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  };
  const sort = sortOf(params);
  const filter = {
    assignee: given("assignee"),
    ...FILTERS[viewOf(params)],
    chatbot_id: given("chatbot"),
    tag: params.has("tag") ? params.getAll("tag") : undefined,
    outcome: OUTCOMES.find((each) => each === given("outcome")),
    rating: number("rating", 1),
    language: given("language"),
    page: given("page"),
    from: given("from"),
    to: given("to"),
    tz: params.has("from") || params.has("to") ? tz : undefined,
    charged_above: number("charged", 1_000_000),
    q: given("q"),
    sort: sort === "newest" ? undefined : sort,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Filter;
}

/** The address's parameters for a filter of the list, as `asked` reads them. */
export function addressOf(filter: Filter): URLSearchParams {
  const { status, spam, assignee, chatbot_id, tag, charged_above, ...others } = filter;
  const own = status === "open" && !spam ? { me: "mine", none: "unassigned" }[assignee ?? ""] : undefined;
  const view = own ?? (spam ? "spam" : (status ?? "all"));
  const params = new URLSearchParams(view === VIEWS[0] ? {} : { view });
  if (chatbot_id) params.set("chatbot", chatbot_id);
  if (assignee && !own) params.set("assignee", assignee);
  for (const each of tag ?? []) params.append("tag", each);
  for (const [name, value] of Object.entries(others)) if (value && name !== "tz") params.set(name, String(value));
  if (charged_above != null) params.set("charged", String(charged_above / 1_000_000));
  return params;
}

/** Whether two addresses ask for the same, in any order. */
export function sameAddress(one: URLSearchParams, other: URLSearchParams): boolean {
  const sorted = (params: URLSearchParams) => JSON.stringify([...params].map(String).sort());
  return sorted(one) === sorted(other);
}

/** The address's parameters with some of them changed, with `?` before them; an empty value removes one. */
export function withParams(params: URLSearchParams, changes: Record<string, string | readonly string[]> = {}): string {
  const changed = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    changed.delete(name);
    for (const each of [value].flat()) if (each) changed.append(name, each);
  }
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
