import { ApiError, asApiError } from "../../src/lib/api/errors.ts";
import { streamAnswer, type AnswerSource, type Wakeups } from "../../src/lib/chat/answer_stream.ts";
import type { AnswerEvent } from "../../src/lib/chat/types.ts";
import { Store } from "../../src/lib/state/store.ts";
import { AWAY, WAITING, type Api, type Away, type Source, type StoredMessage, type Thread } from "./api.ts";
import { pause, type People, peopleOf } from "./people.ts";

export interface Message {
  /** Its own key on the page. */
  key: string;
  /** The API's id; null: it is not known yet. */
  id: string | null;
  role: "visitor" | "assistant";
  text: string;
  /** `waiting`: nothing has arrived yet; `unsent`: the question has not arrived there. */
  state: StoredMessage["state"] | "waiting" | "unsent";
  sources: readonly Source[];
  rating: number;
  /** How the answer turned out; null: it is not known. */
  outcome: string | null;
  /** The person who wrote it, perhaps without a name; null: nobody of the team did. */
  person: { name: string | null } | null;
}

export interface State {
  /** Who answers instead of the chatbot; null: it answers itself. */
  people: People | null;
  /** Whether it answers again because nobody took over. */
  returned: boolean;
  messages: readonly Message[];
  /** The code of the last refusal; null: there is none. */
  problem: string | null;
  /** Seconds until the next attempt is worth it; null: it is not known. */
  retryAfter: number | null;
  away: Away | null;
  /** Whether the connection to a running answer is lost for now. */
  broken: boolean;
}

const EMPTY: State = {
  people: null,
  returned: false,
  messages: [],
  problem: null,
  retryAfter: null,
  away: null,
  broken: false,
};

/** The visitor's conversation: what was written, what is being answered, and what went wrong. */
export class Conversation {
  readonly state = new Store<State>(EMPTY);
  /** Called when an answer has ended with text. */
  onAnswer: (text: string) => void = () => {};
  #id: string | null = null;
  #api: Api;
  #wakeups: Wakeups;
  #running: AbortController | null = null;
  /** What was written before is being read. */
  #reading: Promise<unknown> = Promise.resolve();
  /** The key of a question that waits for this reading; null: there is none. */
  #asking: string | null = null;
  /** Counts the resets: what was asked for before one is not shown after it. */
  #resets = 0;
  #delay: ((attempt: number) => number) | undefined;
  /** When something was last written while people answer, in milliseconds. */
  #wroteAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unlisten: () => void = () => {};

  constructor(api: Api, wakeups: Wakeups, delay?: (attempt: number) => number) {
    this.#api = api;
    this.#wakeups = wakeups;
    this.#delay = delay;
  }

  get id(): string | null {
    return this.#id;
  }

  get isAnswering(): boolean {
    return this.#running !== null || this.#asking !== null;
  }

  /** Reads what the visitor wrote before, and follows an answer that still runs. */
  async load(): Promise<void> {
    if (!this.#api.isKnown || this.isAnswering) return;
    const reading = this.#read();
    this.#reading = reading.catch(() => {}); // the question that waits for it begins another conversation
    await reading;
    const last = this.state.value.messages.at(-1);
    if (last?.state === "streaming" && last.id && !this.isAnswering) await this.#follow(last, null);
  }

  /** Shows the newest conversation, above a question that was typed while it was read. */
  async #read(): Promise<void> {
    const resets = this.#resets;
    const newest = (await this.#api.conversations())[0];
    if (!newest) return;
    const thread = await this.#api.thread(newest.id);
    if (resets !== this.#resets) return;
    this.#id = newest.id;
    const { messages } = this.state.value;
    const asked = messages.findIndex(({ key }) => key === this.#asking);
    this.#show(thread, asked < 0 ? [] : messages.slice(asked));
    this.#change({ problem: null });
  }

  /** Asks for a person, who answers instead of the chatbot; or, with an address, that their answers also go there once it is
   *  confirmed. Throws ApiError. */
  async askForPerson(email?: string): Promise<void> {
    if (!this.#id) return;
    await this.#api.askForPerson(this.#id, email);
    this.#wroteAt = Date.now();
    await this.#refresh();
  }

  /** Reads the conversation again: people write at any time. */
  async #refresh(): Promise<void> {
    const resets = this.#resets;
    const known = new Set(this.state.value.messages.map(({ id }) => id));
    if (this.#id && !this.isAnswering) {
      const thread = await this.#api.thread(this.#id).catch(() => null); // it is read again in a moment
      if (resets !== this.#resets || this.isAnswering) return;
      if (thread) {
        this.#show(
          thread,
          this.state.value.messages.filter(({ state }) => state === "unsent"),
        );
        for (const { id, author, content } of thread.items)
          if (author?.kind === "member" && !known.has(id)) {
            this.#wroteAt = Date.now();
            this.onAnswer(content);
          }
      }
    }
    this.#watch();
  }

  #show({ items, ...thread }: Thread, unsent: readonly Message[]): void {
    const returned = thread.events?.at(-1)?.kind === "returned";
    this.#change({ messages: [...items.map(shown), ...unsent], people: peopleOf(thread), returned });
    this.#watch();
  }

  /** Reads again as long as people answer, and at once when the page is seen again. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#unlisten();
    if (!this.state.value.people) return;
    const again = () => void this.#refresh();
    this.#timer = setTimeout(again, this.#delay?.(0) ?? pause(Date.now() - this.#wroteAt));
    this.#unlisten = this.#wakeups.listen(again);
  }

  /** Sends a question. Its id is chosen here, so that a repetition asks once. */
  async ask(text: string): Promise<void> {
    if (this.isAnswering) return;
    const id = crypto.randomUUID();
    const question: Message = { ...blank(id), id, role: "visitor", text, state: "complete" };
    this.#change({ messages: [...this.#settled(), question], problem: null, away: null, returned: false });
    await this.#send(question);
  }

  /** Sends the question again that has not arrived, or whose answer failed. */
  async retry(): Promise<void> {
    const messages = this.#settled();
    const question = messages.findLast(({ role }) => role === "visitor");
    if (!question || this.isAnswering) return;
    const arrived = question.state !== "unsent";
    if (arrived) return await this.ask(question.text);
    this.#change({ messages: messages.map((each) => (each === question ? { ...each, state: "complete" } : each)) });
    await this.#send({ ...question, state: "complete" });
  }

  async stop(): Promise<void> {
    const answer = this.state.value.messages.at(-1);
    if (answer?.role !== "assistant" || !answer.id) return;
    await this.#api.stop(answer.id).catch(() => {}); // it goes on, and can be stopped again
  }

  async rate(message: Message, rating: 1 | -1): Promise<void> {
    if (!message.id) return;
    this.#update(message.key, { rating });
    await this.#api.rate(message.id, rating).catch(() => this.#update(message.key, { rating: message.rating }));
  }

  /** Begins another conversation. What was written stays where it is stored. */
  reset(): void {
    this.#running?.abort();
    this.#running = this.#asking = null;
    this.#resets++;
    this.#id = null;
    this.state.set(EMPTY);
    this.#watch();
  }

  /** Messages without a question's failed place. */
  #settled(): Message[] {
    return this.state.value.messages.filter(({ state, text }) => text !== "" || state !== "failed");
  }

  async #send(question: Message): Promise<void> {
    const answer: Message = { ...blank(`${question.key}-answer`), state: "waiting" };
    this.#asking = question.key;
    this.#change({ messages: [...this.state.value.messages, answer], problem: null });
    const resets = this.#resets;
    await this.#reading;
    if (resets !== this.#resets) return;
    this.#asking = null;
    await this.#follow(answer, question);
  }

  /** Streams an answer to its end. Without a question it resumes. */
  async #follow(answer: Message, question: Message | null): Promise<void> {
    const { key } = answer;
    const running = new AbortController();
    this.#running = running;
    let id = answer.id;
    let position = [...answer.text].length;
    const source: AnswerSource = { resume: (from, signal) => this.#api.resume(String(id), from, signal) };
    if (question) source.ask = (signal) => this.#api.ask(question.text, String(question.id), this.#id, signal);
    const onEvent = (event: AnswerEvent) => {
      if (event.event === "start") {
        id = event.data.message_id;
        this.#id = event.data.conversation_id;
        this.#update(key, { id });
      } else if (event.event === "delta") {
        position = event.position;
        const text = this.#text(key) + event.data.text;
        this.#update(key, { text, state: "streaming" });
      } else if (event.event === "sources") this.#update(key, { sources: event.data.sources as Source[] });
      else if (event.event === "done" || event.event === "error") this.#end(key, event.data);
    };
    try {
      await streamAnswer(source, {
        position: () => position,
        onEvent,
        onBreak: () => this.#change({ broken: true }),
        onReconnect: () => this.#change({ broken: false }),
        signal: running.signal,
        wakeups: this.#wakeups,
        ...(this.#delay && { delay: this.#delay }),
      });
    } catch (failure) {
      this.#refuse(asApiError(failure), key, question?.key);
    } finally {
      if (this.#running === running) {
        this.#running = null;
        this.#change({ broken: false });
        // It may have asked for a person.
        if (offersForm(this.state.value.messages.at(-1))) await this.#refresh();
      }
    }
  }

  #end(key: string, { state, outcome = null }: { state: string; outcome?: string | null }): void {
    const text = this.#text(key);
    const ended = state as Message["state"];
    this.#update(key, { state: ended, outcome });
    if (ended === "failed") this.#change({ problem: "failed" });
    if (text) this.onAnswer(text);
  }

  #refuse(failure: ApiError, answer: string, question: string | undefined): void {
    const messages = this.state.value.messages
      .filter(({ key, text }) => key !== answer || text !== "")
      .map((each) => {
        if (each.key === answer) return { ...each, state: "truncated" as const };
        return each.key === question && failure.code !== AWAY ? { ...each, state: "unsent" as const } : each;
      });
    if (failure.code === WAITING) {
      this.#wroteAt = Date.now();
      const people = this.state.value.people ?? peopleOf({ status: "open" });
      const sent = this.state.value.messages.filter(({ key }) => key !== answer);
      this.#change({ messages: sent, people, away: null, problem: null });
      return this.#watch();
    }
    const away = failure.code === AWAY ? (failure.body as unknown as Away) : null;
    const problem = away ? null : failure.code;
    this.#change({ messages, away, problem, retryAfter: failure.retryAfter });
  }

  #text(key: string): string {
    return this.state.value.messages.find((each) => each.key === key)?.text ?? "";
  }

  #update(key: string, change: Partial<Message>): void {
    const messages = this.state.value.messages.map((each) => (each.key === key ? { ...each, ...change } : each));
    this.#change({ messages });
  }

  #change(change: Partial<State>): void {
    this.state.update((before) => ({ ...before, ...change }));
  }
}

function blank(key: string): Message {
  return {
    key,
    id: null,
    role: "assistant",
    text: "",
    state: "complete",
    sources: [],
    rating: 0,
    outcome: null,
    person: null,
  };
}

function shown({ id, role, author, content, state, sources, rating, outcome }: StoredMessage): Message {
  const speaker = role === "user" ? "visitor" : "assistant";
  const person = author?.kind === "member" ? author : null;
  const known = { state, sources: sources ?? [], rating: rating ?? 0, outcome: outcome ?? null, person };
  return { ...blank(id), id, role: speaker, text: content, ...known };
}

/** Whether the visitor can leave a message below it: nothing was found, or a person should answer. */
export function offersForm(message: Message | undefined): boolean {
  return message?.outcome === "handoff" || message?.outcome === "not_found";
}
