import { ApiError } from "../api/errors.ts";
import type { Chat } from "./chat.ts";
import type { FollowScroll } from "./follow_scroll.ts";

const MARKED_MS = 2_000;

/** Scrolls to a message on the page, marks it for a moment and moves the reading position there. Returns whether it is
 *  on the page. */
export function showMessage(id: string): boolean {
  const article = document.querySelector<HTMLElement>(`[data-message-id="${CSS.escape(id)}"]`);
  if (!article) return false;
  article.scrollIntoView({ block: "start" });
  // Messages drawn on the way have other heights than estimated, so scroll again when they are known.
  requestAnimationFrame(() => article.scrollIntoView({ block: "start" }));
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
  article.dataset.marked = "";
  setTimeout(() => delete article.dataset.marked, MARKED_MS);
  return true;
}

/** Scrolls to the question before (-1) or after (1) the one at the top of the view. */
export function stepQuestion(step: number, label: string): void {
  const log = document.querySelector("[role=log]");
  const region = log?.closest("[role=region]");
  if (!log || !region) return;
  const top = region.getBoundingClientRect().top;
  const questions = [...log.querySelectorAll<HTMLElement>(`article[aria-label="${CSS.escape(label)}"]`)];
  const offsets = questions.map((question) => question.getBoundingClientRect().top - top);
  const next =
    step > 0
      ? questions.find((_, n) => offsets[n]! > 40)
      : (questions.findLast((_, n) => offsets[n]! < -4) ?? questions[0]);
  if (next?.dataset.messageId) showMessage(next.dataset.messageId);
}

/** Goes to a message wherever it is: loads it with its neighbours, and shows its branch. Returns the result. `drawn`
 *  resolves when the page shows the loaded messages. */
export async function goToMessage(
  chat: Chat,
  follow: FollowScroll,
  id: string,
  drawn: () => Promise<void>,
): Promise<"shown" | "branch" | "gone" | "failed"> {
  follow.release();
  try {
    const visible = await chat.conversation.reach(id);
    if (!visible) await chat.activate(id);
    if (!(await chat.conversation.reach(id))) return "gone";
    await drawn();
    showMessage(id);
    return visible ? "shown" : "branch";
  } catch (failure) {
    return failure instanceof ApiError && failure.status === 404 ? "gone" : "failed";
  }
}

/** Goes to the beginning of the conversation. Throws ApiError. */
export async function goToFirst(chat: Chat, follow: FollowScroll, drawn: () => Promise<void>): Promise<void> {
  follow.release();
  await chat.conversation.openFirst();
  await drawn();
  const first = chat.conversation.messages.value[0];
  if (first) showMessage(first.id);
}
