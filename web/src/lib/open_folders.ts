import { foldersKey } from "./side_bar_keys.ts";
import { Store } from "./state/store.ts";
import * as storage from "./storage.ts";

/** The most names that are remembered; the oldest go first. */
const MOST = 100;

type Storage = Pick<typeof storage, "read" | "write">;

/** The folders that one user has open in the side bar of this device. */
export class OpenFolders {
  readonly store: Store<ReadonlySet<string>>;
  #key: string;
  #storage: Storage;

  constructor(user: string, use: Storage = storage) {
    this.#key = foldersKey(user);
    this.#storage = use;
    this.store = new Store<ReadonlySet<string>>(new Set(parse(use.read(this.#key))));
  }

  /** Opens a folder or closes it. */
  set(name: string, open: boolean): void {
    const next = new Set(this.store.value);
    next.delete(name);
    if (open) next.add(name);
    const kept = [...next].slice(-MOST);
    this.#storage.write(this.#key, kept.length > 0 ? JSON.stringify(kept) : null);
    this.store.set(new Set(kept));
  }
}

function parse(text: string | null): string[] {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(names) ? names.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
