/** What the loader, on the website's page, and the frame say to each other over one `MessagePort`. Neither side sends
 *  text of the conversation or a token of the session: the website's scripts can read what the loader receives. */

/** The first word of the frame, to its parent: it holds nothing, so any page may receive it. */
export const HELLO = "oneai:hello";
/** The answer, with the port. */
export const PORT = "oneai:port";

/** Where the visitor is, without queries: they may say who someone is, or what they look for. */
export interface Place {
  /** The address of the page. */
  page: string;
  /** The address that led to this website; empty: it is not known. */
  referrer: string;
}

/** As the API stores it. */
const ADDRESS = 500;

/** Where this document is. */
export function placeOf({ origin, pathname }: Location, referrer: string): Place {
  const [before = ""] = referrer.startsWith(`${origin}/`) ? [] : referrer.split("?");
  return { page: (origin + pathname).slice(0, ADDRESS), referrer: before.slice(0, ADDRESS) };
}

export interface Init {
  type: "init";
  place: Place;
  /** The visitor's handle as the website's session storage has it; null: it has none. */
  handle: string | null;
  /** The language that the website chose; null: the visitor's. */
  language: string | null;
  /** Whether the frame stands in the page's text, without a button. */
  inline: boolean;
}

export type ToFrame =
  | Init
  | { type: "place"; place: Place }
  | { type: "open" }
  | { type: "close" }
  | { type: "identify"; token: string }
  | { type: "reset" }
  | { type: "shutdown" };

/** What scripts of the website may listen to. */
export const EVENTS = [
  "ready",
  "open",
  "close",
  "unread",
  "message_sent",
  "message_received",
  "lead",
  "rating",
  "error",
] as const;
export type EventName = (typeof EVENTS)[number];

export type ToPage =
  | { type: "ready"; title: string }
  | { type: "close" }
  | { type: "unread"; count: number }
  /** The handle to keep in the website's session storage, where the frame has no storage; null removes it. */
  | { type: "keep"; handle: string | null }
  /** The visitor is forgotten: the frame may go. */
  | { type: "forgotten" }
  | { type: "event"; name: EventName; detail?: Record<string, string | number> };
