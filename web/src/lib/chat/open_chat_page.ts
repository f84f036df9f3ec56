import { AskedDocuments } from "./asked_documents.ts";
import { AskOptions } from "./ask_options.ts";
import { Attachments } from "./attachments.ts";
import { backend } from "./backend.ts";
import { Chat } from "./chat.ts";
import { ChatPage } from "./chat_page.ts";
import { Composer } from "./composer.ts";
import type { Drafts } from "../drafts.ts";
import { announceChange } from "./tabs.ts";
import { pageWakeups } from "./wakeups.ts";

interface Listeners {
  /** Called when a new conversation has its id. Resolves when the page's address has it. */
  onBegin: (id: string) => Promise<void>;
  /** Called when the conversation or the quota has changed. */
  onChange: () => void;
}

/** Opens the page of a conversation, or of a new one, in the browser, and starts to read it. */
export function openChatPage(id: string | null, temporary: boolean, drafts: Drafts, listeners: Listeners): ChatPage {
  const composer = new Composer(drafts, id);
  const chat = new Chat(id, {
    backend,
    wakeups: pageWakeups,
    onBegin(created) {
      composer.moveTo(created);
      page.addressed = listeners.onBegin(created);
    },
    onChange(changed) {
      announceChange(changed);
      listeners.onChange();
    },
  });
  const options = new AskOptions(temporary);
  const documents = new AskedDocuments();
  const attachments = new Attachments(backend);
  const page = new ChatPage({ chat, composer, attachments, documents, options, backend });
  const files = composer.draftFiles;
  if (files.length > 0)
    void import("./restored_files.ts").then(
      ({ restoreFiles }) =>
        restoreFiles(files, attachments, (name) => composer.lostFiles.update((names) => [...names, name])),
      () => composer.lostFiles.set(files.map(({ name }) => name)),
    );
  void page.open();
  return page;
}
