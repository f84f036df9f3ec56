import assert from "node:assert/strict";
import test from "node:test";
import { recording, respond } from "./recordings.ts";
import { readServerEvents, type ServerEvent } from "./server_events.ts";

async function read(pieces: Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readServerEvents(respond(pieces).body!)) events.push(event);
  return events;
}

function readTexts(...pieces: string[]): Promise<ServerEvent[]> {
  return read(pieces.map((piece) => new TextEncoder().encode(piece)));
}

test("a recorded stream gives the same events in pieces of any size", async () => {
  const bytes = new TextEncoder().encode(recording("emoji"));
  const whole = await read([bytes]);
  assert.equal(whole[0]?.event, "start");
  assert.equal(whole.at(-1)?.event, "done");
  for (const size of [1, 2, 3, 7, 64]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.slice(n * size, (n + 1) * size),
    );
    assert.deepEqual(await read(pieces), whole, `pieces of ${size} bytes`);
  }
});

test("comments are no events, and lines may end in CRLF", async () => {
  assert.deepEqual(await readTexts(": the model is thinking\n\n"), []);
  assert.deepEqual(await readTexts("id: 4\r\nevent: delta\r\ndata: a\r\ndata:b\r\n\r\n"), [
    { event: "delta", id: "4", data: "a\nb" },
  ]);
});

test("a carriage return at the end of a piece does not end a line twice", async () => {
  assert.deepEqual(await readTexts("data: a\r", "\ndata: b\r\n\r\n"), [{ event: "message", id: null, data: "a\nb" }]);
});

test("an id belongs to its own event", async () => {
  assert.deepEqual(
    (await readTexts("id: 4\ndata: a\n\ndata: b\n\n")).map(({ id }) => id),
    ["4", null],
  );
});

test("an event that the stream's end cut off is none", async () => {
  assert.deepEqual(await readTexts("data: half"), []);
});

test("every arrival of bytes is reported, comments included", async () => {
  let arrivals = 0;
  const stream = respond([": one\n\n", ": two\n\n"]).body!;
  for await (const _ of readServerEvents(stream, () => arrivals++));
  assert.equal(arrivals, 2);
});
