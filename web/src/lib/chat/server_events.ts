import { createParser } from "eventsource-parser";

/** One server-sent event. `id` is null where the event has none. */
export interface ServerEvent {
  event: string;
  id: string | null;
  data: string;
}

/** The events of a response's body. Calls `onBytes` whenever something arrives, also for a comment that keeps the line
 *  open. */
export async function* readServerEvents(
  stream: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const events: ServerEvent[] = [];
  const parser = createParser({
    onEvent: ({ event = "message", id = null, data }) => events.push({ event, id, data }),
  });
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
