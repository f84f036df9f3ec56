import { findModels, loadModels, models, type ListedModel } from "./models.ts";
import { Store } from "./state/store.ts";

export interface ModelChoiceState {
  words: string;
  matches: readonly ListedModel[];
  /** The match that Enter selects. */
  active: number;
  state: "loading" | "ready" | "failed";
}

/** The models that match the typed words, and the one reached with the arrow keys. */
export class ModelChoice {
  readonly store = new Store<ModelChoiceState>({ words: "", matches: [], active: 0, state: "loading" });
  readonly #fits: (model: ListedModel) => boolean;

  /** `fits` excludes models that cannot be chosen here. */
  constructor(fits: (model: ListedModel) => boolean = () => true) {
    this.#fits = fits;
  }

  /** Starts again with this model selected. */
  async open(current: string | null): Promise<void> {
    this.store.set({ words: "", matches: [], active: 0, state: "loading" });
    try {
      await loadModels();
      const { words } = this.store.value;
      this.search(words);
      if (words) return; // typed while the models were loading
      const at = this.store.value.matches.findIndex((model) => model.id === current);
      this.store.update((state) => ({ ...state, active: Math.max(0, at) }));
    } catch {
      this.store.update((state) => ({ ...state, state: "failed" }));
    }
  }

  search(words: string): void {
    const matches = findModels(models.value ?? [], words).filter(this.#fits);
    this.store.set({ words, matches, active: 0, state: models.value ? "ready" : this.store.value.state });
  }

  /** Handles a key. Returns the model that was chosen, or null. */
  press(key: string): ListedModel | null {
    const { matches, active } = this.store.value;
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8 }[key];
    if (to !== undefined && matches.length > 0) {
      const wraps = key.startsWith("Arrow");
      const next = wraps ? (to + matches.length) % matches.length : Math.min(matches.length - 1, Math.max(0, to));
      this.store.update((state) => ({ ...state, active: next }));
    }
    return key === "Enter" ? (matches[active] ?? null) : null;
  }
}
