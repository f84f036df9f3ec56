import { session } from "../auth/session.ts";
import { me } from "../me.ts";
import { loadModels, models, offered, type ListedModel } from "../models.ts";
import { recentModels } from "../recent_models.ts";
import { Store } from "../state/store.ts";
import { passes } from "./filters.ts";
import { browse, found, type Group } from "./groups.ts";

export interface ModelChoiceState {
  words: string;
  /** The provider whose models are shown, as `filters.ts` names it; null for all. */
  filter: string | null;
  groups: readonly Group[];
  /** The models of all groups, in order. */
  options: readonly ListedModel[];
  /** The option that Enter selects. */
  active: number;
  state: "loading" | "ready" | "failed";
}

const EMPTY: ModelChoiceState = { words: "", filter: null, groups: [], options: [], active: 0, state: "loading" };

/** The models to choose from: by group, or those that match the typed words, and the one reached with the keys. */
export class ModelChoice {
  readonly store = new Store<ModelChoiceState>(EMPTY);

  #kept: { listed: readonly ListedModel[]; filter: string; models: readonly ListedModel[] } | undefined;
  #browsed: { listed: readonly ListedModel[]; chosen: string; groups: readonly Group[] } | undefined;

  /** Starts again with this model selected. */
  async open(current: string | null): Promise<void> {
    this.store.set(models.value ? { ...this.store.value, words: "", filter: null } : EMPTY);
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
    const { filter } = this.store.value;
    const all = models.value;
    const listed = all && filter !== null ? this.#filtered(all, filter) : all;
    const groups = !listed ? [] : words.trim() ? found(listed, words) : this.#browse(listed);
    this.store.set({
      words,
      filter,
      groups,
      options: groups.flatMap((group) => group.models),
      active: 0,
      state: listed ? "ready" : this.store.value.state,
    });
  }

  /** Shows the models of one provider, or all; the words stay. */
  filter(filter: string | null): void {
    this.store.update((state) => ({ ...state, filter }));
    this.search(this.store.value.words);
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

  // The same list as long as it would be equal, because groups are kept per list.
  #filtered(listed: readonly ListedModel[], filter: string): readonly ListedModel[] {
    if (this.#kept?.listed !== listed || this.#kept.filter !== filter)
      this.#kept = { listed, filter, models: listed.filter((model) => passes(model, filter)) };
    return this.#kept.models;
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
