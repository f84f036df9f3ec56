import { session } from "../auth/session.ts";
import { me } from "../me.ts";
import { loadModels, models, offered, type ListedModel } from "../models.ts";
import { recentModels } from "../recent_models.ts";
import { Store } from "../state/store.ts";
import { browse, found, type Group } from "./groups.ts";

export interface ModelChoiceState {
  words: string;
  groups: readonly Group[];
  /** The models of all groups, in order. */
  options: readonly ListedModel[];
  /** The option that Enter selects. */
  active: number;
  state: "loading" | "ready" | "failed";
}

const EMPTY: ModelChoiceState = { words: "", groups: [], options: [], active: 0, state: "loading" };

/** The models to choose from: by group, or those that match the typed words, and the one reached with the keys. */
export class ModelChoice {
  readonly store = new Store<ModelChoiceState>(EMPTY);

  #browsed: { listed: readonly ListedModel[]; chosen: string; groups: readonly Group[] } | undefined;

  /** Starts again with this model selected. */
  async open(current: string | null): Promise<void> {
    this.store.set(models.value ? { ...this.store.value, words: "" } : EMPTY);
    try {
      await loadModels();
      const { words } = this.store.value;
      this.search(words);
      if (words) return; // typed while the models were loading
      this.reach(this.store.value.options.findIndex((model) => model.id === current));
    } catch {
      this.store.update((state) => ({ ...state, state: "failed" }));
    }
  }

  /** Shows the models that match; all of them, by group, for no words. */
  search(words: string): void {
    const listed = models.value;
    const groups = !listed ? [] : words.trim() ? found(listed, words) : this.#browse(listed);
    this.store.set({
      words,
      groups,
      options: groups.flatMap((group) => group.models),
      active: 0,
      state: listed ? "ready" : this.store.value.state,
    });
  }

  /** Groups the models once more, after the profile with the favourites was read. The same model stays active. */
  regroup(): void {
    const { state, words, options, active } = this.store.value;
    if (state !== "ready" || words.trim()) return;
    const id = options[active]?.id;
    this.search(words);
    this.reach(this.store.value.options.findIndex((model) => model.id === id));
  }

  /** Makes an option the active one. */
  reach(number: number): void {
    const { options } = this.store.value;
    const active = Math.max(0, Math.min(number, options.length - 1));
    this.store.update((state) => (state.active === active ? state : { ...state, active }));
  }

  /** Handles a key. Returns the model that was chosen, or null. */
  press(key: string): ListedModel | null {
    const { options, active } = this.store.value;
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 8, PageUp: active - 8 }[key];
    if (to !== undefined && options.length > 0)
      this.reach(key.startsWith("Arrow") ? (to + options.length) % options.length : to);
    return key === "Enter" ? (options[active] ?? null) : null;
  }

  // The same groups as long as they would be equal, so that a list opened again changes nothing on the page.
  #browse(listed: readonly ListedModel[]): readonly Group[] {
    const mine = {
      sections: offered.value.sections,
      favourites: me.value?.preferences.favourite_models ?? [],
      recent: recentModels(session.userId ?? ""),
    };
    const chosen = JSON.stringify(mine);
    if (this.#browsed?.listed !== listed || this.#browsed.chosen !== chosen)
      this.#browsed = { listed, chosen, groups: browse(listed, mine) };
    return this.#browsed.groups;
  }
}
