import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf } from "../messages.ts";
import { Api } from "./api.ts";
import { Conversation, offersForm } from "./conversation.ts";
import { HandleStore } from "./storage.ts";

const CHATBOT = "abcdefghijkmnpqrstuv";
const BASE = `https://api.example/api/widget/${CHATBOT}`;
type Answer = (request: Request) => Response | Promise<Response>;

const events = (...each: [event: string, data: object, id?: number][]) =>
  new Response(
    each
      .map(([event, data, id]) => `event: ${event}\n${id ? `id: ${id}\n` : ""}data: ${JSON.stringify(data)}\n\n`)
      .join(""),
    {
      headers: { "content-type": "text/event-stream" },
    },
  );
const START = ["start", { message_id: "a1", conversation_id: "c1" }] as ["start", object];
const refused = (status: number, code: string) => Response.json({ error: { code } }, { status });

/** A conversation whose API answers by method and path, in turn; what was requested. */
function talk(answers: Record<string, Answer[]>) {
  const requested: string[] = [];
  const sessions = (): Response => Response.json({ token: "t", handle: "h", expires_at: "" }, { status: 201 });
  globalThis.fetch = async (address, init) => {
    const request = new Request(address as string, init);
    const key = `${request.method} ${request.url.slice(BASE.length)}`;
    requested.push(key);
    const next = answers[key]?.shift();
    if (next) return await next(request);
    if (key === "POST /sessions") return sessions();
    throw new TypeError(`nothing answers ${key}`);
  };
  const wakeups = { listen: () => () => {} };
  const handles = new HandleStore(CHATBOT, () => {});
  const api = new Api(BASE, handles);
  return { conversation: new Conversation(api, wakeups, () => 0), requested, api, handles };
}

const texts = ({ state }: Conversation) => state.value.messages.map((each) => [each.role, each.state, each.text]);

test("an answer goes on letter by letter after its connection is lost", async () => {
  const { conversation, requested } = talk({
    "POST /chat": [() => events(START, ["delta", { text: "Café " }, 5])],
    "GET /chat/a1": [
      (request) => {
        assert.equal(request.headers.get("last-event-id"), "5");
        return events(START, ["delta", { text: "is open" }, 12], ["done", { message_id: "a1", state: "complete" }]);
      },
    ],
  });
  await conversation.ask("When?");
  assert.deepEqual(texts(conversation), [
    ["visitor", "complete", "When?"],
    ["assistant", "complete", "Café is open"],
  ]);
  assert.deepEqual(requested, ["POST /sessions", "POST /chat", "GET /chat/a1"]);
});

test("an expired session begins again, and the question is asked once more with the same id", async () => {
  const ids: string[] = [];
  const remember = async (request: Request) => ids.push(((await request.json()) as { message_id: string }).message_id);
  const { conversation, requested } = talk({
    "POST /chat": [
      async (request) => (await remember(request), refused(401, "visitor_token_invalid")),
      async (request) => (await remember(request), events(START, ["done", { message_id: "a1", state: "complete" }])),
    ],
  });
  await conversation.ask("Hello");
  assert.equal(conversation.state.value.problem, null);
  assert.deepEqual(requested, ["POST /sessions", "POST /chat", "POST /sessions", "POST /chat"]);
  assert.equal(ids[0], ids[1]);
});

test("a question that did not arrive stays with its reason and is sent again as the same one", async () => {
  const bodies: string[] = [];
  const done = events(START, ["delta", { text: "Yes" }, 3], ["done", { message_id: "a1", state: "complete" }]);
  const { conversation } = talk({
    "POST /chat": [
      async (request) => (bodies.push(await request.text()), refused(429, "visitor_limit")),
      async (request) => (bodies.push(await request.text()), done),
    ],
  });
  await conversation.ask("Still open?");
  assert.deepEqual(texts(conversation), [["visitor", "unsent", "Still open?"]]);
  assert.equal(conversation.state.value.problem, "visitor_limit");
  await conversation.retry();
  assert.equal(texts(conversation).at(-1)?.[2], "Yes");
  assert.equal(bodies[0], bodies[1]);
});

test("an introduction goes with questions until one arrives, and what is refused of it stops none", async () => {
  const done = () => events(START, ["done", { message_id: "a1", state: "complete" }]);
  const introductions: unknown[] = [];
  const hearing = (answer: Answer) => async (request: Request) => {
    introductions.push(((await request.clone().json()) as { introduction?: unknown }).introduction);
    return await answer(request);
  };
  const details = [{ field: "introduction.email", code: "wrong_format", message: "" }];
  const { conversation, api } = talk({
    "POST /chat": [
      () => refused(503, "busy"),
      () => Response.json({ mode: "offline", message: "", answers: [], form: true }),
      () => Response.json({ error: { code: "invalid_request", details } }, { status: 422 }),
      done,
      done,
      done,
    ].map(hearing),
  });
  const asha = { name: "Asha", email: "asha@localhost", consent: "You may write to me." };
  const { email: _, ...taken } = asha;
  api.introduce(asha);
  for (const question of ["Lost?", "Away?", "Taken?", "Again?"]) await conversation.ask(question);
  assert.deepEqual(introductions, [asha, asha, asha, taken, undefined]);
  assert.equal(conversation.state.value.problem, null);

  const before = api.person.value;
  api.introduce({ name: "Ravi" });
  api.end();
  assert.notEqual(api.person.value, before);
  await conversation.ask("Who?");
  assert.deepEqual([introductions.at(-1), api.introduction], [undefined, {}], "the next person is another one");
});

test("a lead brings what no question has brought of an introduction, once", async () => {
  const details = [{ field: "introduction.email", code: "wrong_format", message: "" }];
  const bodies: Record<string, unknown>[] = [];
  const hearing = (answer: Answer) => async (request: Request) => {
    bodies.push((await request.clone().json()) as Record<string, unknown>);
    return await answer(request);
  };
  const { conversation, api } = talk({
    "POST /chat": [() => Response.json({ mode: "offline", message: "", answers: [], form: true })],
    "POST /leads": [
      () => Response.json({ error: { code: "invalid_request", details } }, { status: 422 }),
      () => Response.json({ id: "l1" }, { status: 201 }),
      () => Response.json({ id: "l2" }, { status: 201 }),
    ].map(hearing),
  });
  api.introduce({ email: "asha@localhost", consent: "You may write to me." });
  await conversation.ask("Away?");
  const lead = { email: "asha@example.com" };
  await api.lead(lead);
  await api.lead(lead);
  const consent = "You may write to me.";
  assert.deepEqual(bodies, [
    { ...lead, introduction: { email: "asha@localhost", consent } },
    { ...lead, introduction: { consent } },
    lead,
  ]);
});

test("an answer that has nothing to say, or is a person's to give, offers to leave a message", async () => {
  const ended = (outcome: string) => () =>
    events(START, ["delta", { text: "Hm" }, 2], ["done", { message_id: "a1", state: "complete", outcome }]);
  const { conversation } = talk({ "POST /chat": ["handoff", "answered", "not_found", "off_topic"].map(ended) });
  const offered: boolean[] = [];
  for (const question of ["1", "2", "3", "4"]) {
    await conversation.ask(question);
    offered.push(offersForm(conversation.state.value.messages.at(-1)));
  }
  assert.deepEqual(offered, [true, false, true, false]);
});

test("a chatbot that is away offers its answers and its form in place of a stream", async () => {
  const away = { mode: "offline", message: "Back on Monday", answers: [], form: true };
  const { conversation } = talk({ "POST /chat": [() => Response.json(away)] });
  await conversation.ask("Hello");
  assert.equal(conversation.state.value.away?.message, "Back on Monday");
  assert.equal(conversation.state.value.problem, null);
  assert.deepEqual(texts(conversation), [["visitor", "complete", "Hello"]]);
});

test("a question says where it is asked, and nothing else that the website's script adds", async () => {
  const place = { page: "https://shop.example/tea", referrer: "https://a.example/" };
  const bodies: Record<string, unknown>[] = [];
  const { conversation, api } = talk({
    "POST /chat": Array.from({ length: 2 }, () => async (request: Request) => {
      bodies.push((await request.json()) as Record<string, unknown>);
      return events(START, ["delta", { text: "Yes" }, 3], ["done", { message_id: "a1", state: "complete" }]);
    }),
  });
  await conversation.ask("Old?");
  api.place = { ...place, message: "Buy!", conversation_id: "c2" } as typeof place;
  await conversation.ask("New?");
  assert.deepEqual([bodies[0]?.page, bodies[0]?.language], [undefined, navigator.language]);
  const { page, referrer, message, conversation_id } = bodies[1] ?? {};
  assert.deepEqual({ page, referrer, message, conversation_id }, { ...place, message: "New?", conversation_id: "c1" });
});

test("a website's own pages and all queries stay out of where a question is asked", () => {
  const at = { origin: "https://shop.example", pathname: `/${"é".repeat(600)}` } as Location;
  const from = (referrer: string) => placeOf(at, referrer).referrer;
  assert.equal(placeOf(at, "").page.length, 500);
  assert.deepEqual(
    ["", "https://shop.example/cart", "https://shop.example.net/?q=me", "https://a.example/b?c"].map(from),
    ["", "", "https://shop.example.net/", "https://a.example/b"],
  );
});

test("what was written before is read when the chat opens, and a running answer is followed", async () => {
  const messages = [
    { id: "q1", role: "user", content: "Hi", state: "complete" },
    { id: "a1", role: "assistant", content: "Hel", state: "streaming" },
  ];
  const { conversation, api } = talk({
    "GET /conversations": [() => Response.json({ items: [{ id: "c1" }] })],
    "GET /conversations/c1": [() => Response.json({ items: messages })],
    "GET /chat/a1": [
      () => events(START, ["delta", { text: "lo" }, 5], ["done", { message_id: "a1", state: "complete" }]),
    ],
  });
  await conversation.load();
  assert.deepEqual(texts(conversation), [], "a new visitor has none, and nothing is asked");
  api.identify("a token");
  await conversation.load();
  assert.deepEqual(texts(conversation), [
    ["visitor", "complete", "Hi"],
    ["assistant", "complete", "Hello"],
  ]);
});

test("a question asked while earlier messages are read stays below them, in their conversation", async () => {
  const held = Promise.withResolvers<void>();
  const bodies: string[] = [];
  const { conversation, api } = talk({
    "GET /conversations": [() => Response.json({ items: [{ id: "c1" }] })],
    "GET /conversations/c1": [
      async () => {
        await held.promise;
        return Response.json({ items: [{ id: "q1", role: "user", content: "Hi", state: "complete" }] });
      },
    ],
    "POST /chat": [
      async (request) => {
        bodies.push(await request.text());
        return events(START, ["delta", { text: "Yes" }, 3], ["done", { message_id: "a1", state: "complete" }]);
      },
    ],
  });
  api.identify("a token");
  const loading = conversation.load();
  const asking = conversation.ask("Still open?");
  assert.deepEqual(texts(conversation)[0], ["visitor", "complete", "Still open?"], "it is shown at once");
  held.resolve();
  await Promise.all([loading, asking]);
  assert.deepEqual(
    texts(conversation).map(([, , text]) => text),
    ["Hi", "Still open?", "Yes"],
  );
  assert.equal(JSON.parse(bodies[0] ?? "{}").conversation_id, "c1");
});

test("an identified visitor has their own session and leaves no handle", async () => {
  const bodies: unknown[] = [];
  const session = (handle: string | null) => async (request: Request) => {
    bodies.push(await request.json());
    return Response.json({ token: "t", handle, expires_at: "" }, { status: 201 });
  };
  const { api, handles } = talk({
    "POST /sessions": [session("h"), session(null), () => refused(401, "identity_invalid"), session("late")],
    "GET /conversations": Array.from({ length: 5 }, () => () => Response.json({ items: [] })),
  });
  await api.conversations();
  assert.equal(handles.read(), "h");
  assert.equal(api.identify("asha.jwt"), true);
  assert.equal(api.identify("asha.jwt"), false);
  await api.conversations();
  assert.deepEqual(bodies, [{}, { identity: "asha.jwt" }]);
  assert.equal(handles.read(), "h");

  let refusals = 0;
  api.onIdentityRefused = () => (refusals += 1);
  api.identify("ended.jwt");
  await assert.rejects(api.conversations());
  assert.equal(refusals, 1);

  // A session that arrives after the device has forgotten its visitor is not remembered.
  api.end();
  const late = api.conversations();
  api.end();
  handles.forget();
  await late;
  assert.equal(handles.read(), null);
});

test("people answer an open conversation, which is read again until the chatbot answers", async () => {
  const stored = (id: string, role: string, kind: string, content: string) => {
    const author = { kind, name: kind === "member" ? "Meera" : null };
    return { id, role, author, content, state: "complete" };
  };
  const asked = [stored("q1", "user", "visitor", "Hello"), stored("a1", "assistant", "bot", "Hi")];
  const waits = stored("q2", "user", "visitor", "A person, please");
  const open = { status: "open", person: null, back_at: "2026-11-30T04:30:00Z", mail: "offered", typing: true };
  const thread = (items: object[], state: object) => () => Response.json({ items, ...state });
  const { conversation, requested, handles } = talk({
    "GET /conversations": [() => Response.json({ items: [{ id: "c1" }] })],
    "POST /conversations/c1/handoff": [() => Response.json({ status: "open" })],
    "POST /chat": [() => Response.json({ message_id: "q2", status: "open" }, { status: 202 })],
    "GET /conversations/c1": [
      thread(asked, { status: "bot", person: null }),
      thread(asked, open),
      thread([...asked, waits, stored("m1", "assistant", "member", "I am here.")], { ...open, person: "Meera" }),
      thread([...asked, waits, stored("m1", "assistant", "member", "I am here.")], {
        status: "bot",
        person: null,
        events: [{ kind: "returned" }],
      }),
    ],
  });
  handles.write("h");
  const people = () => conversation.state.value.people;
  const heard: string[] = [];
  const answered = new Promise<void>((resolve) => {
    conversation.onAnswer = (text) => (heard.push(text), resolve());
  });
  await conversation.load();
  assert.equal(people(), null);
  await conversation.askForPerson();
  assert.deepEqual(people(), { name: null, backAt: new Date("2026-11-30T04:30:00Z"), mail: "offered", typing: true });
  await conversation.ask("A person, please");
  assert.deepEqual(texts(conversation).at(-1), ["visitor", "complete", "A person, please"]);
  assert.equal(conversation.state.value.problem, null);
  await answered;
  assert.equal(people()?.name, "Meera");
  while (people()) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(heard, ["I am here."]);
  assert.equal(conversation.state.value.returned, true);
  assert.deepEqual(conversation.state.value.messages.at(-1)?.person, { kind: "member", name: "Meera" });
  assert.equal(requested.filter((each) => each === "GET /conversations/c1").length, 4);
});
