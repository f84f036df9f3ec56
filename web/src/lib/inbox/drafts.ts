/** The reply or note that a member is writing in a conversation. It is kept until the page is closed or reloaded. */
export interface Draft {
  kind: "reply" | "note";
  text: string;
  /** The id under which the text is sent, so that sending it again stores it once; another text gets another id. */
  id: string;
}

const drafts = new Map<string, Draft>();

export function draftOf(conversation: string): Draft {
  return drafts.get(conversation) ?? { kind: "reply", text: "", id: crypto.randomUUID() };
}

export function keepDraft(conversation: string, draft: Draft): void {
  if (draft.text) drafts.set(conversation, draft);
  else drafts.delete(conversation);
}
