/** The script that a website includes. It makes one global, `OneAI`, and nothing else that the page can see. Calls may
 *  be queued before it has loaded: `(window.OneAI = window.OneAI || []).push(["open"])`. */

import { EVENTS, type EventName } from "../messages.ts";
import { readSnippet } from "./snippet.ts";
import { Widget } from "./widget.ts";

type Listener = (detail: unknown) => void;
type Call = readonly [name: string, ...values: unknown[]];

const CALLS = ["open", "close", "toggle", "identify", "reset", "shutdown"] as const;

function start(): void {
  const page = window as unknown as { OneAI?: unknown };
  const before = page.OneAI;
  const isObject = typeof before === "object" && before !== null && !(before instanceof Element);
  // A page that includes the script twice has one widget.
  if (isObject && "loaded" in before) return;
  const queue = Array.isArray(before) ? (before as Call[]) : [];
  const snippet = readSnippet(document, isObject && !Array.isArray(before) ? (before as Record<string, unknown>) : {});
  if (!snippet) {
    console.warn('OneAI: the script names no chatbot: <script src=".../widget.js" data-chatbot="..." async></script>');
    return;
  }

  const listeners = new Map<string, Set<Listener>>(EVENTS.map((name) => [name, new Set()]));
  const widget = new Widget(snippet, (name: EventName, detail?: unknown) => {
    for (const listen of listeners.get(name) ?? []) {
      try {
        listen(detail);
      } catch (failure) {
        console.error(failure);
      }
    }
  });
  const on = (name: unknown, listen: unknown) => {
    const known = listeners.get(String(name));
    if (!known || typeof listen !== "function") return () => {};
    known.add(listen as Listener);
    return () => known.delete(listen as Listener);
  };
  const call = (name: string, ...values: unknown[]): unknown => {
    if (name === "on") return on(values[0], values[1]);
    const known = CALLS.find((each) => each === name);
    return known && widget[known](values[0]);
  };
  const methods = Object.fromEntries(
    [...CALLS, "on"].map((name) => [name, (...values: unknown[]) => call(name, ...values)]),
  );
  page.OneAI = Object.freeze({ loaded: true, push: (next: Call) => call(...next), ...methods });
  for (const next of queue) call(...next);
}

start();
