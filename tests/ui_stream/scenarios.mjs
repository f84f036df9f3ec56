// What a page does with `useChat`, by its own classes: each scenario's outcome, as one JSON object on stdout.
// Environment: API, BROKEN_API (a proxy that breaks the first connection), TOKEN. It runs beside clients/ui_chat.mjs.

import { DefaultChatTransport, generateId, readUIMessageStream } from "ai";

import { Chat, stopAnswer, transport } from "./ui_chat.mjs";

const { API, BROKEN_API, TOKEN } = process.env;
const token = () => TOKEN;
const textOf = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");
// As it comes: no id, no request is prepared.
const plain = () => new DefaultChatTransport({ api: `${API}/chat/ui-stream`, headers: { authorization: `Bearer ${TOKEN}` } });
const seen = (chat) => ({
  id: chat.id,
  status: chat.status,
  error: chat.error?.message,
  messages: chat.messages.map((each) => ({ id: each.id, role: each.role, text: textOf(each), metadata: each.metadata })),
});

/** Waits until the answer has text. */
function firstText(chat) {
  return new Promise((resolve) => (chat.onFirstText = resolve));
}

function page(init = {}) {
  const chat = new Chat({
    transport: transport(API, token),
    ...init,
    onChange: (message) => message.role === "assistant" && textOf(message) && chat.onFirstText?.(),
  });
  return chat;
}

const scenarios = {
  async sends() {
    const chat = page({ transport: plain() });
    await chat.sendMessage({ text: "What is a monsoon?" }, { body: { model: "local/reasoning" } });
    await chat.sendMessage({ text: "And in winter?" });
    return { ...seen(chat), parts: chat.messages[1].parts.map((part) => [part.type, part.state]) };
  },

  async sends_files() {
    const chat = page({ transport: plain() });
    const files = [
      { type: "file", mediaType: "text/plain", filename: "notes.txt", url: "data:text/plain;base64,UmFpbg==" },
      { type: "file", mediaType: "image/png", filename: "dot.png", url: process.env.PICTURE },
    ];
    await chat.sendMessage({ text: "What is this?", files }, { body: { model: process.env.SEES } });
    const ended = seen(chat);
    const pdf = { type: "file", mediaType: "application/pdf", filename: "a.pdf", url: "data:application/pdf;base64,JVBERg==" };
    await chat.sendMessage({ text: "And this?", files: [pdf] });
    return { ended, refused: JSON.parse(chat.error.message).error };
  },

  async stops() {
    const chat = page();
    const writing = firstText(chat);
    const sent = chat.sendMessage({ text: "Go on" }, { body: { model: "local/slow" } });
    await writing;
    await stopAnswer(API, token, chat);
    await sent;
    return seen(chat);
  },

  async resumes_a_broken_connection() {
    const chat = page({ transport: transport(BROKEN_API, token) });
    await chat.sendMessage({ text: "Go on" }, { body: { model: "local/slow", max_tokens: 60 } });
    const broken = seen(chat);
    await chat.resumeStream();
    return { broken, resumed: seen(chat) };
  },

  async resumes_after_a_reload() {
    const left = page({ id: generateId() });
    const writing = firstText(left);
    const sent = left.sendMessage({ text: "Go on" }, { body: { model: "local/slow", max_tokens: 40 } });
    await writing;
    await left.stop(); // stops listening, as leaving the page does
    await sent;
    const chat = page({ id: left.id, messages: left.messages.slice(0, 1), transport: plain() });
    await chat.resumeStream();
    const resumed = seen(chat);
    await chat.resumeStream();
    return { left: seen(left), resumed, again: seen(chat) };
  },

  async finds_nothing_to_resume() {
    const chat = page({ id: crypto.randomUUID() });
    await chat.resumeStream();
    return seen(chat);
  },

  async regenerates() {
    const chat = page();
    await chat.sendMessage({ text: "Hello" });
    const first = chat.lastMessage.id;
    await chat.regenerate();
    const second = chat.lastMessage.id;
    await chat.regenerate({ messageId: second, body: { model: "local/echo" } });
    return { ...seen(chat), first, second };
  },

  async edits() {
    const chat = page();
    await chat.sendMessage({ text: "Hello" }, { body: { model: "local/echo" } });
    const [question] = chat.messages;
    await chat.sendMessage({ text: "Good morning", messageId: question.id });
    const edited = seen(chat);
    await chat.regenerate(); // answers what was edited, which the page still calls by its first id
    return { edited, regenerated: seen(chat), tree: await tree(chat) };
  },

  async breaks_off() {
    const chat = page();
    await chat.sendMessage({ text: "Hello" }, { body: { model: "local/error-midway" } });
    return seen(chat);
  },

  async is_refused_and_tries_again() {
    const chat = page();
    await chat.sendMessage({ text: "Hello" }, { body: { model: "unknown/model" } });
    const refused = { ...seen(chat), http: chat.error.statusCode };
    await chat.regenerate();
    return { refused, answered: seen(chat) };
  },

  async is_read_without_a_chat() {
    const id = crypto.randomUUID();
    const message = { id: crypto.randomUUID(), role: "user", parts: [{ type: "text", text: "Hello" }] };
    const request = { chatId: id, messages: [message], trigger: "submit-message", messageId: undefined };
    const stream = await plain().sendMessages(request);
    let last;
    for await (const state of readUIMessageStream({ stream })) last = state;
    return { id, question: message.id, text: textOf(last), metadata: last.metadata, message: last.id };
  },
};

/** The whole tree of a chat's conversation. */
async function tree(chat) {
  const { conversation_id } = chat.lastMessage.metadata;
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { items } = await (await fetch(`${API}/conversations/${conversation_id}/messages`, { headers })).json();
  return items.map(({ role, content, revision_count, revision_position }) => [role, content, revision_count, revision_position]);
}

async function outcome([name, run]) {
  try {
    return [name, await run()];
  } catch (failure) {
    return [name, { failed: String(failure.stack) }];
  }
}

// As many at once as a person may ask; the first one counts what it used, so it is alone.
const AT_ONCE = 2;
const [first, ...others] = Object.entries(scenarios);
const outcomes = [await outcome(first)];
const lane = async () => {
  for (let next; (next = others.pop()); ) outcomes.push(await outcome(next));
};
await Promise.all(Array.from({ length: AT_ONCE }, lane));
console.log(JSON.stringify(Object.fromEntries(outcomes)));
