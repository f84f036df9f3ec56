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
  /** The same for the temperature and the length of answers. Null: as the model has it. */
  readonly temperature = new Store<number | null>(null);
  readonly maxTokens = new Store<number | null>(null);

  constructor(temporary = false) {
    this.temporary = new Store(temporary);
  }

  /** What a conversation is created with before its first question; null if nothing was chosen for it. */
  ofNewConversation() {
    const system_prompt = this.systemPrompt.value.trim();
    const [temperature, max_tokens] = [this.temperature.value, this.maxTokens.value];
    if (!system_prompt && temperature === null && max_tokens === null) return null;
    return { ...(system_prompt && { system_prompt }), temperature, max_tokens };
  }
}
