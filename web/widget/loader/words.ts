interface Words {
  open: string;
  close: string;
  unread: (count: number) => string;
}

const ENGLISH: Words = {
  open: "Open chat",
  close: "Close chat",
  unread: (count) => (count === 1 ? "1 new message" : `${count} new messages`),
};
const WORDS: Readonly<Record<string, Words>> = {
  hi: { open: "चैट खोलें", close: "चैट बंद करें", unread: (count) => `${count} नए संदेश` },
  id: { open: "Buka obrolan", close: "Tutup obrolan", unread: (count) => `${count} pesan baru` },
};

/** The button's words in a language, else in English. */
export function wordsOf(language: string): Words {
  return WORDS[language] ?? ENGLISH;
}
