import { session } from "../auth/session.ts";
import { conversations } from "../conversations.ts";
import { OpenFolders } from "../open_folders.ts";
import { UnreadAnswers } from "../unread_answers.ts";

interface Memory {
  user: string;
  /** The user's unread answers. */
  unread: UnreadAnswers;
  /** The folders that the user has open in the side bar. */
  openFolders: OpenFolders;
}

let memory: Memory | null = null;

/** What this device remembers of the signed-in user's side bar. */
export function deviceMemory(): Memory {
  const user = session.userId ?? "";
  if (memory?.user !== user) memory = { user, unread: new UnreadAnswers(user), openFolders: new OpenFolders(user) };
  return memory;
}

/** The delays between two reads of the list while an answer is awaited, in milliseconds. */
const FIRST_MS = 2_000;
const LONGEST_MS = 15_000;

/** Reads the list of conversations again while one that is not open is being answered, and marks its answer as unread
 *  once it has ended. `open` is the id of the open conversation, or null: call it again when another one is opened. Returns a
 *  function that ends this. */
export function watchAnswers(open: string | null): () => void {
  const { unread } = deviceMemory();
  let pause = FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    timer = undefined;
    // Nothing is read for a hidden page: it is read when it is shown again.
    if (document.visibilityState === "visible") void conversations.refresh();
  };
  const stop = conversations.store.subscribe(({ items, state }) => {
    if (state === "loading") return;
    unread.saw(items, open);
    const waits = items.some(({ id, answering }) => answering && id !== open);
    if (!waits) pause = FIRST_MS;
    if (!waits || timer !== undefined) return;
    timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.5, LONGEST_MS);
  });
  const shown = () => {
    if (timer === undefined && conversations.store.value.items.some(({ answering }) => answering)) look();
  };
  const written = (event: StorageEvent) => event.key?.startsWith("oneai.unread.") && unread.readAgain();
  document.addEventListener("visibilitychange", shown);
  addEventListener("storage", written);
  return () => {
    stop();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", shown);
    removeEventListener("storage", written);
  };
}
