import { readFileSync } from "node:fs";

/** Streams recorded from a running stack, for tests. */
export type Recording = "emoji" | "reasoning" | "broken_off" | "failed" | "compared" | "resumed_from_20";

export function recording(name: Recording): string {
  return readFileSync(new URL(`recordings/${name}.txt`, import.meta.url), "utf8");
}

/** A response that sends these pieces, and then ends, or breaks where `breaks` is set. */
export function respond(pieces: readonly (string | Uint8Array)[], breaks = false): Response {
  const encoder = new TextEncoder();
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces[next++];
      if (piece !== undefined) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      else if (breaks) controller.error(new TypeError("network error"));
      else controller.close();
    },
  });
  return new Response(body, { status: 200 });
}

/** The recorded stream after `position` code points, as `GET /api/chat/stream/{id}` gives it: without the text up to
 *  there, and without the thoughts that came before it. */
export function after(recorded: string, position: number): string {
  let reached = 0;
  const rest = recorded.split("\n\n").filter((block) => {
    const id = /^id: (?:.*:)?(\d+)$/m.exec(block);
    if (id) reached = Number(id[1]);
    return id ? reached > position : reached >= position || !block.startsWith("event: reasoning");
  });
  return rest.join("\n\n");
}

/** The text of the recorded answer, assembled without the code under test. */
export function textOf(recorded: string, event: "delta" | "reasoning" = "delta"): string {
  const blocks = recorded.split("\n\n").filter((block) => block.includes(`event: ${event}\n`));
  return blocks.map((block) => JSON.parse(block.slice(block.indexOf("data: ") + 6)).text as string).join("");
}

/** Never calls back. */
export const asleep = { listen: () => () => {} };
