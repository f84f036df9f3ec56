// Streams an answer, and comes back to it where the connection breaks: TOKEN=… node clients/stream.mjs "Hello"
// It is what EventSource does, by fetch: EventSource can neither POST nor send a token.

/** Asks; `onText` gets the answer piece by piece. Returns the data of its last event, throws what refuses the question.
 *  @param {import("./api").components["schemas"]["Question"]} question */
export async function ask(api, token, question, onText) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const message_id = crypto.randomUUID(); // chosen here: asking twice with it is asking once
  const first = { method: "POST", headers, body: JSON.stringify({ ...question, message_id }) };
  for (let last; ; await new Promise((resolve) => setTimeout(resolve, 1000))) {
    const again = { headers: { ...headers, "last-event-id": last } };
    try {
      const response = await (last ? fetch(`${api}/chat/stream/${message_id}`, again) : fetch(`${api}/chat/stream`, first));
      for await (const { event, id, data } of events(response)) {
        last = id ?? last ?? "0";
        if (event === "delta") onText(data.text);
        // An error with this state ended the stream and not the answer.
        if (event === "done" || (event === "error" && data.state !== "streaming")) return data;
      }
    } catch (failure) {
      if (failure.error) throw failure; // otherwise the connection broke, and the answer goes on
    }
  }
}

/** The events of a response: `{event, id, data}`. Throws a refusal: `{error: {code, message, …}, request_id}`. */
async function* events(response) {
  if (!response.ok) throw await response.json();
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const { data, ...event } = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (data) yield { ...event, data: JSON.parse(data) }; // other blocks are comments, which keep the line open
    }
  }
}

const [, , message] = globalThis.process?.argv ?? [];
if (message) {
  const { API = "http://127.0.0.1:8000/api", TOKEN } = process.env;
  const end = await ask(API, TOKEN, { message }, (text) => process.stdout.write(text));
  console.log(`\n${end.state}`);
}
