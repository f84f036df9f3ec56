/** Announces changes of conversations to other tabs of the same browser, and receives theirs. */
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("oneai.conversations");

export function announceChange(conversationId: string): void {
  channel?.postMessage(conversationId);
}

/** Calls back with the id of a conversation that another tab changed. Returns a function that unsubscribes. */
export function onChangeElsewhere(listen: (conversationId: string) => void): () => void {
  const receive = (event: MessageEvent) => listen(String(event.data));
  channel?.addEventListener("message", receive);
  return () => channel?.removeEventListener("message", receive);
}
