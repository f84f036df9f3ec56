/** One server-sent event. `id` is null where the event has none. */
export interface ServerEvent {
  event: string;
  id: string | null;
  data: string;
}

/** Splits a stream of text, in whatever pieces it arrives, into server-sent events. Comments are skipped. */
export class ServerEventParser {
  #rest = "";
  #event = "";
  #id: string | null = null;
  #data: string[] = [];

  /** The events that this piece completes. */
  push(piece: string): ServerEvent[] {
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      if (line !== "") this.#field(line);
      else if (this.#data.length > 0) events.push(this.#take());
    }
    return events;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id") this.#id = value;
  }

  #take(): ServerEvent {
    const event = { event: this.#event || "message", id: this.#id, data: this.#data.join("\n") };
    this.#event = "";
    this.#id = null;
    this.#data = [];
    return event;
  }
}

/** The events of a response's body. `onBytes` is called whenever something arrives, a comment that keeps the line open
 *  included. */
export async function* readServerEvents(
  stream: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const parser = new ServerEventParser();
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
