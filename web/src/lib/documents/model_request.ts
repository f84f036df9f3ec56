import { Resource } from "../state/resource.ts";
import { Store } from "../state/store.ts";
import { backend, type Backend } from "./backend.ts";
import type { ModelWork, Quote } from "./types.ts";

type Requests = Pick<Backend, "quote" | "readPages" | "summarise">;

/** A request to a model to read a document's pages or to summarise it: the chosen model, and what it would use. */
export class ModelRequest {
  /** The model's id; empty: the API's default. */
  readonly model = new Store("");
  readonly quote: Resource<Quote>;
  #id: string;
  #work: ModelWork;
  #backend: Requests;

  constructor(id: string, work: ModelWork, use: Requests = backend) {
    this.#id = id;
    this.#work = work;
    this.#backend = use;
    this.quote = new Resource(() => use.quote(id, work, this.model.value));
  }

  /** Selects a model, and reads what it would use. */
  async choose(model: string): Promise<void> {
    this.model.set(model);
    this.quote.store.set({ state: "loading" });
    await this.quote.load();
  }

  /** Sends the request. Throws ApiError. */
  async send(): Promise<void> {
    if (this.#work === "summary") await this.#backend.summarise(this.#id, this.model.value);
    else await this.#backend.readPages(this.#id, this.model.value);
  }
}
