/** Values kept on this device for offline reading, by user and key, in the order of reading. */
export interface KeptRows {
  get(user: string, key: string): Promise<unknown>;
  /** Writes one value, and removes the user's oldest beyond `limit`. */
  put(user: string, key: string, value: unknown, limit: number): Promise<void>;
  /** Removes the rows, of any person, for which `which` is true. */
  drop(which: (user: string, key: string) => boolean): Promise<void>;
}

const DATABASE = "oneai";
const TABLE = "kept";

interface Row {
  user: string;
  key: string;
  value: unknown;
  /** Milliseconds of this device's clock; only the order matters. */
  at: number;
}

/** The rows in IndexedDB. Every call rejects if the browser forbids it or the disk is full. */
export class IndexedRows implements KeptRows {
  async get(user: string, key: string): Promise<unknown> {
    const row = await this.#within("readonly", (table) => table.get([user, key]) as IDBRequest<Row | undefined>);
    return row?.value;
  }

  async put(user: string, key: string, value: unknown, limit: number): Promise<void> {
    await this.#within("readwrite", (table) => {
      table.put({ user, key, value, at: Date.now() } satisfies Row);
      const newestFirst = table
        .index("at")
        .openKeyCursor(IDBKeyRange.bound([user, 0], [user, Number.MAX_SAFE_INTEGER]), "prev");
      let kept = 0;
      newestFirst.onsuccess = () => {
        const cursor = newestFirst.result;
        if (!cursor) return;
        if (++kept > limit) table.delete(cursor.primaryKey);
        cursor.continue();
      };
      return newestFirst;
    });
  }

  async drop(which: (user: string, key: string) => boolean): Promise<void> {
    await this.#within("readwrite", (table) => {
      const rows = table.openKeyCursor();
      rows.onsuccess = () => {
        const cursor = rows.result;
        if (!cursor) return;
        const [user, key] = cursor.primaryKey as [string, string];
        if (which(user, key)) table.delete(cursor.primaryKey);
        cursor.continue();
      };
      return rows;
    });
  }

  /** Runs one transaction, and closes the database: sign-out in another tab must not wait for this one. */
  async #within<T>(mode: IDBTransactionMode, act: (table: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await open();
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(TABLE, mode);
        const request = act(transaction.objectStore(TABLE));
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
      });
    } finally {
      database.close();
    }
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      const table = opening.result.createObjectStore(TABLE, { keyPath: ["user", "key"] });
      table.createIndex("at", ["user", "at"]);
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error ?? new Error("the database could not be opened"));
    opening.onblocked = () => reject(new Error("the database is blocked"));
  });
}
