/** The chat in its own document, `/widget/{public_id}` in a frame or `/chat/{public_id}` on a page of its own. */

import { mount } from "svelte";
import { pageWakeups } from "../../src/lib/chat/wakeups.ts";
import type {} from "../early/typed.ts";
import { type Init, placeOf, type ToFrame } from "../messages.ts";
import { answerView } from "./answer_view.ts";
import { Api } from "./api.ts";
import Chat from "./Chat.svelte";
import { directionOf, languageOf } from "./configuration.ts";
import { Conversation } from "./conversation.ts";
import { Host } from "./host.ts";
import { Line } from "./line.ts";
import { rest } from "./rest.ts";
import { HandleStore } from "./storage.ts";
import { textsOf } from "./texts.ts";
import { applyTheme } from "./theme.ts";
import "./frame.css";

const { chatbot = "", api: address = "", page } = document.body.dataset;
const isPage = page !== undefined;
const host = new Host();
const handles = new HandleStore(chatbot, (handle) => host.send({ type: "keep", handle }));
const api = new Api(`${address}/widget/${chatbot}`, handles);
const conversation = new Conversation(api, pageWakeups);
const line = new Line(host, api, conversation, handles);

/** What came before the chat is on the page. */
const early: ToFrame[] = [];
let receive = (message: ToFrame): void => void early.push(message);
const init = new Promise<Init>((resolve) => {
  if (isPage)
    resolve({ type: "init", handle: null, language: null, inline: true, place: placeOf(location, document.referrer) });
  host.connect((message) => (message.type === "init" ? resolve(message) : receive(message)));
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented) line.onClose?.();
});

async function start(): Promise<void> {
  const [configuration, first] = await Promise.all([api.configuration(), init]);
  handles.offer(first.handle);
  api.place = first.place;
  const language = languageOf(configuration.languages, [first.language, ...navigator.languages]);
  const texts = await textsOf(language);
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
  document.title = configuration.title;
  applyTheme(document.documentElement, configuration);
  if (!first.inline) line.onClose = () => host.send({ type: "close" });
  await rest();
  // A chat that is made, takes the focus and is laid out in one task would be a long one.
  const typed = rest()
    .then(rest)
    .then(() => window.takeTyped?.());
  mount(Chat, { target: document.body, props: { configuration, texts, api, conversation, line, typed, isPage } });
  const take = (message: ToFrame) => line.receive(message).catch(() => {}); // the next question shows what is wrong
  receive = (message) => void take(message);
  const taken = early.map(take);
  host.send({ type: "ready", title: configuration.title });
  const before = await typed;
  await conversation.load().catch(() => {}); // what was written before is not shown, and a question can be asked
  // Who asks may be known by then.
  await Promise.all(taken);
  if (before?.sent) void conversation.ask(before.text.trim());
  await rest();
  void answerView(); // the first answer does not wait for it
}

void start();
