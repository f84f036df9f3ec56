import { ApiError, errorOf } from "../../src/lib/api/errors.ts";
import { Store } from "../../src/lib/state/store.ts";
import type { Configuration } from "./configuration.ts";
import type { Place } from "../messages.ts";
import type { HandleStore } from "./storage.ts";

export interface Session {
  token: string;
  /** Null for a visitor who is identified. */
  handle: string | null;
  expires_at: string;
}

export interface Source {
  n: number;
  name: string;
  page?: number | null;
  heading?: string | null;
  snippet?: string | null;
}

export interface StoredMessage {
  id: string;
  role: "user" | "assistant";
  author?: { kind: "bot" | "member" | "visitor"; name: string | null };
  content: string;
  state: "streaming" | "complete" | "stopped" | "truncated" | "failed";
  sources?: Source[] | null;
  rating?: number | null;
  outcome?: string | null;
}

/** Who a visitor says they are in the form before the first message, and the text that they agreed to. */
export interface Introduction {
  name?: string;
  email?: string;
  consent?: string;
}

/** What is answered instead of a stream while the chatbot is spent or paused: curated answers and a form. */
export interface Away {
  message: string;
  answers: { question: string; answer: string }[];
}

/** What a report is about, as the API's deadlines know it. */
export type ReportReason = "complaint" | "intimate_image" | "order";

/** The error code of an `Away`, which is its body. */
export const AWAY = "away";
/** The error code of a message that is stored for people instead of answered. */
export const WAITING = "waiting";

/** A conversation, and who answers in it. */
export interface Thread {
  items: StoredMessage[];
  /** `open`: people answer. */
  status?: string;
  /** The person's name; null: nobody answers yet, or they have no name. */
  person?: string | null;
  /** When people are there again; null: they are, or say no hours. */
  back_at?: string | null;
  /** Whether people's answers also come by email. */
  mail?: string;
  /** Whether a person is writing now. */
  typing?: boolean;
  /** What happened, in its order. */
  events?: { kind: string }[];
}

/** Where `proof/main.ts` is. */
const PROOF = "/widget-proof.js";

/** The widget's routes of one chatbot. */
export class Api {
  #base: string;
  #handles: HandleStore;
  #session: Promise<Session> | null = null;
  #identity: string | null = null;
  /** Counts the people: it changes when another one is at the device, or may be. */
  readonly person = new Store(0);
  #introduction: Introduction = {};
  /** What of the introduction has not arrived yet; null: nothing. */
  #unsent: Introduction | null = null;
  /** Where the visitor asks, as the website says; absent: its script is older and does not say it. */
  place: Place | undefined;
  /** Called when the website's token is refused, as after it has expired. */
  onIdentityRefused: () => void = () => {};

  /** `base`: the address of `GET /api/widget/{public_id}`. */
  constructor(base: string, handles: HandleStore) {
    this.#base = base;
    this.#handles = handles;
  }

  configuration(): Promise<Configuration> {
    return this.#send("GET", "").then(json<Configuration>);
  }

  /** The visitor is who the website's server says in this token. Another session begins; false: it is the same token. */
  identify(token: string): boolean {
    if (token === this.#identity) return false;
    this.#become(token);
    return true;
  }

  /** Ends the session, without forgetting the visitor's handle. */
  end(): void {
    this.#become(null);
  }

  #become(identity: string | null): void {
    this.#identity = identity;
    this.#session = null;
    this.#unsent = null;
    this.#introduction = {};
    this.person.update((number) => number + 1);
  }

  /** Who they said they are. */
  get introduction(): Introduction {
    return this.#introduction;
  }

  /** The visitor says who they are. It is sent with questions, until one of them has arrived. */
  introduce(introduction: Introduction): void {
    this.#introduction = introduction;
    this.#unsent = introduction;
  }

  get isKnown(): boolean {
    return this.#identity !== null || this.#handles.read() !== null;
  }

  async ask(message: string, messageId: string, conversationId: string | null, signal: AbortSignal): Promise<Response> {
    // Field by field: the website's script chooses what a place has.
    const { page, referrer } = this.place ?? {};
    const body = {
      message,
      message_id: messageId,
      conversation_id: conversationId ?? undefined,
      page,
      referrer,
      language: navigator.language,
    };
    const response = await this.#introduced("/chat", body, signal);
    if (response.status === 202) throw new ApiError(409, { ...(await response.json()), code: WAITING }, null);
    if (response.ok && !isStream(response)) throw new ApiError(409, { ...(await response.json()), code: AWAY }, null);
    return response;
  }

  /** Sends a question or a lead with what has not arrived of the introduction. What the API does not take of it is left
   *  out, because a form never stops a question. */
  async #introduced(path: string, sent: object, signal?: AbortSignal): Promise<Response> {
    const introduction = this.#unsent;
    const body = { ...sent, ...(introduction && { introduction }) };
    const response = await this.#asVisitor("POST", path, { body, signal });
    if (this.#unsent !== introduction || !introduction) return response;
    if (response.status === 201 || isStream(response)) this.#unsent = null;
    if (response.status !== 422) return response;
    const { details = [] } = (await errorOf(response.clone())).body;
    const refused = details.map(({ field }) => field).filter((field) => field.startsWith("introduction"));
    if (refused.length === 0) return response;
    const all = Object.entries(introduction);
    const left = all.filter(([name]) => !refused.includes(`introduction.${name}`));
    this.#unsent = left.length < all.length ? Object.fromEntries(left) : null;
    return this.#introduced(path, sent, signal);
  }

  resume(messageId: string, position: number, signal: AbortSignal): Promise<Response> {
    const headers = { "last-event-id": String(position) };
    return this.#asVisitor("GET", `/chat/${messageId}`, { headers, signal });
  }

  async stop(messageId: string): Promise<void> {
    await this.#asVisitor("POST", "/stop", { body: { message_id: messageId } }).then(checked);
  }

  async conversations(): Promise<{ id: string }[]> {
    const page = await this.#asVisitor("GET", "/conversations").then(json<{ items: { id: string }[] }>);
    return page.items;
  }

  /** Reads a conversation; what comes to a page that is not visible is not read yet. */
  thread(conversationId: string): Promise<Thread> {
    const hidden = globalThis.document?.visibilityState === "hidden" ? "?hidden=true" : "";
    return this.#asVisitor("GET", `/conversations/${conversationId}${hidden}`).then(json<Thread>);
  }

  /** Asks for a person, or with an address for their answers by email. */
  async askForPerson(conversationId: string, email?: string): Promise<void> {
    const path = `/conversations/${conversationId}/${email ? "mail" : "handoff"}`;
    await this.#asVisitor("POST", path, email ? { body: { email } } : {}).then(checked);
  }

  async rate(messageId: string, rating: 1 | -1): Promise<void> {
    await this.#asVisitor("POST", `/messages/${messageId}/feedback`, { body: { rating } }).then(checked);
  }

  async score(conversationId: string, score: number, note: string): Promise<void> {
    const body = { score, note: note || undefined };
    await this.#asVisitor("POST", `/conversations/${conversationId}/csat`, { body }).then(checked);
  }

  async lead(lead: { name?: string; email: string; message?: string }): Promise<void> {
    await this.#introduced("/leads", lead).then(checked);
  }

  /** Reports the chatbot to the operators. It needs no session. */
  async report(reason: ReportReason, message: string, messageId: string | null): Promise<void> {
    const body = { reason, message: message || undefined, message_id: messageId ?? undefined };
    await this.#send("POST", "/reports", { body }).then(checked);
  }

  async forget(): Promise<void> {
    await this.#asVisitor("DELETE", "/visitor").then(checked);
    this.end();
  }

  /** Sends with the session's token; once more with another one where it has expired. */
  async #asVisitor(method: string, path: string, options: Options = {}): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      this.#session ??= this.#begin();
      const session = this.#session;
      const { token } = await session.catch((failure: unknown) => {
        if (this.#session === session) this.#session = null;
        throw failure;
      });
      const headers = { ...options.headers, authorization: `Bearer ${token}` };
      const response = await this.#send(method, path, { ...options, headers });
      if (response.status !== 401 || attempt > 0) return response;
      if (this.#session === session) this.#session = null;
    }
  }

  async #begin(): Promise<Session> {
    const identity = this.#identity;
    const person = this.person.value;
    const handle = this.#handles.read();
    const body = identity ? { identity } : { ...(handle && { handle }) };
    const session = await this.#begun(body)
      .then(json<Session>)
      .catch((failure: unknown) => {
        if (failure instanceof ApiError && failure.code === "identity_invalid") this.onIdentityRefused();
        throw failure;
      });
    // The device may have forgotten the visitor meanwhile, or know another one.
    if (session.handle && person === this.person.value) this.#handles.write(session.handle);
    return session;
  }

  /** Under attack the API asks for a proof of work first. */
  async #begun(body: object): Promise<Response> {
    const answer = await this.#send("POST", "/sessions", { body });
    if (answer.status !== 403) return answer;
    const { proof } = (await import(/* @vite-ignore */ PROOF)) as typeof import("../proof/main.ts");
    return this.#send("POST", "/sessions", { body: { ...body, proof: await proof(answer) } });
  }

  async #send(method: string, path: string, { body, headers, signal }: Options = {}): Promise<Response> {
    const sent: RequestInit = { method, headers: { ...headers } };
    if (signal) sent.signal = signal;
    if (body) {
      sent.body = JSON.stringify(body);
      sent.headers = { ...headers, "content-type": "application/json" };
    }
    return await fetch(`${this.#base}${path}`, sent).catch((failure: unknown) => {
      if (signal?.aborted) throw failure;
      throw new ApiError(0, {}, null);
    });
  }
}

interface Options {
  body?: object;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

function isStream({ headers }: Response): boolean | undefined {
  return headers.get("content-type")?.includes("event");
}

async function checked(response: Response): Promise<Response> {
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function json<T>(response: Response): Promise<T> {
  return (await checked(response)).json() as Promise<T>;
}
