import { authorizedFetch } from "../api/client.ts";
import { ApiError, asApiError } from "../api/errors.ts";
import { streamAnswer, type Wakeups } from "../chat/answer_stream.ts";
import { backend as chat } from "../chat/backend.ts";
import type { AnswerEvent } from "../chat/types.ts";
import { loadConfig } from "../config.ts";
import { sourcesOf, type Source } from "../sources/sources.ts";
import { Store } from "../state/store.ts";

/** A question to the draft and its answer. */
export interface PreviewTurn {
  /** The answer's id. */
  id: string;
  question: string;
  text: string;
  sources: readonly Source[];
  state: "streaming" | "done" | "failed";
  outcome: string | null;
  /** Why there is no answer, or not all of it. */
  failure: ApiError | null;
}

interface PreviewQuestion {
  message: string;
  message_id: string;
  conversation_id?: string;
}

export interface PreviewBackend {
  ask: (question: PreviewQuestion, signal: AbortSignal) => Promise<Response>;
  resume: (messageId: string, position: number, signal: AbortSignal) => Promise<Response>;
  stop: (messageId: string) => Promise<unknown>;
}

/** The requests of a chatbot's preview: its draft answers. Each throws ApiError for a refusal. */
export function previewBackend(chatbot: string): PreviewBackend {
  return {
    ask: async (question, signal) => {
      const { api_url } = await loadConfig();
      const address = `${api_url || location.origin}/api/chatbots/${chatbot}/preview`;
      const headers = { "content-type": "application/json" };
      return authorizedFetch(new Request(address, { method: "POST", headers, body: JSON.stringify(question), signal }));
    },
    resume: chat.resume,
    stop: chat.stop,
  };
}

/** A conversation with the draft. It lives as long as the page; the service keeps it for a day at most. */
export class PreviewChat {
  readonly turns = new Store<readonly PreviewTurn[]>([]);
  readonly #backend: PreviewBackend;
  readonly #wakeups: Wakeups;
  #conversation: string | null = null;
  #running = new AbortController();

  constructor(backend: PreviewBackend, wakeups: Wakeups) {
    this.#backend = backend;
    this.#wakeups = wakeups;
  }

  /** Whether an answer is being written. */
  get busy(): boolean {
    return this.turns.value.at(-1)?.state === "streaming";
  }

  /** Asks the draft as it is saved, unless an answer is being written. Never rejects: the turn has the failure. */
  async ask(message: string): Promise<void> {
    if (this.busy) return;
    const id = crypto.randomUUID();
    const signal = this.#running.signal;
    let position = 0;
    this.turns.set([
      ...this.turns.value,
      { id, question: message, text: "", sources: [], state: "streaming", outcome: null, failure: null },
    ]);
    const talk = this.#conversation;
    const question = { message, message_id: id, ...(talk && { conversation_id: talk }) };
    const take = (event: AnswerEvent) => {
      if (signal.aborted) return;
      if (event.event === "delta") position = event.position;
      this.#take(id, event);
    };
    try {
      await streamAnswer(
        {
          ask: (line) => this.#backend.ask(question, line),
          resume: (from, line) => this.#backend.resume(id, from, line),
        },
        { position: () => position, onEvent: take, signal, wakeups: this.#wakeups },
      );
    } catch (failure) {
      if (!signal.aborted) this.#change(id, { state: "failed", failure: asApiError(failure) });
    }
  }

  /** Ends the answer that is being written. What is there stays, and is paid. */
  async stop(): Promise<void> {
    const last = this.turns.value.at(-1);
    // An answer that has just ended is none to stop.
    if (last && this.busy) await this.#backend.stop(last.id).catch(() => {});
  }

  /** Starts another conversation, as a draft that was edited deserves. */
  restart(): void {
    void this.stop();
    this.#running.abort();
    this.#running = new AbortController();
    this.#conversation = null;
    this.turns.set([]);
  }

  #take(id: string, event: AnswerEvent): void {
    if (event.event === "start") this.#conversation = event.data.conversation_id;
    else if (event.event === "sources") this.#change(id, { sources: sourcesOf({ sources: event.data.sources }) });
    else if (event.event === "delta") this.#change(id, (turn) => ({ text: turn.text + event.data.text }));
    else if (event.event === "done")
      this.#change(id, { state: "done", outcome: (event.data as { outcome?: string | null }).outcome ?? null });
    else if (event.event === "error")
      this.#change(id, { state: "failed", failure: new ApiError(0, event.data.error, event.data.request_id) });
  }

  #change(id: string, changes: Partial<PreviewTurn> | ((turn: PreviewTurn) => Partial<PreviewTurn>)): void {
    this.turns.set(
      this.turns.value.map((turn) =>
        turn.id === id ? { ...turn, ...(typeof changes === "function" ? changes(turn) : changes) } : turn,
      ),
    );
  }
}
