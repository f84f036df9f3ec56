import { Store } from "../state/store.ts";

/** The options for the next questions of a conversation. */
export class AskOptions {
  /** Null: the conversation's own, or the default. */
  readonly model = new Store<string | null>(null);
  /** Two to four models that answer side by side; empty for one answer. */
  readonly compare = new Store<readonly string[]>([]);
  /** Whether to search the web. Null: as the conversation has it. */
  readonly webSearch = new Store<boolean | null>(null);
  readonly temporary: Store<boolean>;
  /** Instructions for a conversation that has not started. An existing conversation has its own. */
  readonly systemPrompt = new Store("");

  constructor(temporary = false) {
    this.temporary = new Store(temporary);
  }
}
