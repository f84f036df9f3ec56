// The AI SDK's chat without a framework: streams an answer, resumes it where the connection broke, and stops it.
// npm install ai && TOKEN=… node ui_chat.mjs "Hello"
// In React it is useChat({ id: crypto.randomUUID(), transport: transport(api, () => token), resume: true }).
import { AbstractChat, DefaultChatTransport } from "ai";

/** How any AI SDK chat reaches OneAI; `token` returns the access token of the moment. */
export function transport(api, token) {
  return new DefaultChatTransport({
    api: `${api}/chat/ui-stream`,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    // Optional. OneAI has what came before: without this every request repeats it, files included.
    prepareSendMessagesRequest: ({ id, messages, trigger, messageId, body }) => ({
      body: { ...body, id, messages: messages.slice(-1), trigger, messageId },
    }),
  });
}

/** What useChat keeps in React's state, kept in an object. `onChange` is called with every change of a message. */
export class Chat extends AbstractChat {
  constructor({ messages = [], onChange = () => {}, ...init }) {
    const state = {
      status: "ready",
      error: undefined,
      messages,
      pushMessage: (message) => onChange((state.messages = [...state.messages, message]).at(-1)),
      popMessage: () => (state.messages = state.messages.slice(0, -1)),
      replaceMessage: (index, message) => onChange((state.messages = state.messages.with(index, message))[index]),
      snapshot: structuredClone,
    };
    super({ ...init, state });
  }
}

/** Ends the answer that is being written; what is there is kept. chat.stop() only stops listening. */
export async function stopAnswer(api, token, chat) {
  const headers = { authorization: `Bearer ${await token()}`, "content-type": "application/json" };
  const body = JSON.stringify({ message_id: chat.lastMessage.id });
  await fetch(`${api}/chat/stop`, { method: "POST", headers, body });
}

const [, script, question] = globalThis.process?.argv ?? [];
if (question && script.endsWith("ui_chat.mjs")) {
  const { API = "http://127.0.0.1:8000/api", TOKEN } = process.env;
  let printed = 0;
  const chat = new Chat({
    id: crypto.randomUUID(), // the conversation's id in the rest of the API
    transport: transport(API, () => TOKEN),
    onChange({ role, parts }) {
      const text = parts.filter((part) => part.type === "text").map((part) => part.text).join("");
      if (role !== "assistant" || text.length <= printed) return; // a resumed message grows from its beginning
      process.stdout.write(text.slice(printed));
      printed = text.length;
    },
  });
  await chat.sendMessage({ text: question });
  // Neither a refusal, which has a status, nor an answer that broke off: the connection broke, and the answer goes on.
  for (let tries = 0; chat.error && !chat.error.statusCode && !chat.lastMessage.metadata?.error && tries < 5; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * tries));
    await chat.resumeStream();
  }
  let state = chat.lastMessage.metadata?.state;
  if (!chat.error && !state) {
    // The answer ended while the connection was broken. No stream is left to resume, and the conversation has it.
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${API}/conversations/${chat.id}/messages`, { headers });
    const answer = (await response.json()).items.at(-1);
    process.stdout.write(answer.content.slice(printed));
    state = answer.state;
  }
  console.log(`\n${chat.error?.message ?? state}`);
}
