import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Reader, type Synthesis } from "./reader.ts";
import type { SpokenPiece } from "./spoken.ts";

const VOICE = { lang: "en_IN", default: true, localService: true } as SpeechSynthesisVoice;
const PIECES: SpokenPiece[] = [
  { text: "One.", language: "en" },
  { text: "Two.", language: "en" },
];
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A synthesis whose voice speaks until the test ends an utterance. */
class FakeSynthesis {
  voices: SpeechSynthesisVoice[];
  said: SpeechSynthesisUtterance[] = [];
  cancelled = 0;
  #listeners = new Set<() => void>();

  constructor(voices: SpeechSynthesisVoice[]) {
    this.voices = voices;
  }
  getVoices = () => this.voices;
  speak = (utterance: SpeechSynthesisUtterance) => void this.said.push(utterance);
  cancel = () => {
    this.cancelled++;
    this.end("canceled");
  };
  resume = () => undefined;
  addEventListener = (_: string, listener: () => void) => void this.#listeners.add(listener);
  removeEventListener = (_: string, listener: () => void) => void this.#listeners.delete(listener);

  arrive(voices: SpeechSynthesisVoice[]): void {
    this.voices = voices;
    for (const listener of this.#listeners) listener();
  }

  /** The newest utterance ends, by an error if one is given. */
  end(error?: string): void {
    const utterance = this.said.at(-1);
    if (error) utterance?.onerror?.({ error } as SpeechSynthesisErrorEvent);
    else utterance?.onend?.({} as SpeechSynthesisEvent);
  }
}

function readerOf(voices: SpeechSynthesisVoice[]) {
  const synthesis = new FakeSynthesis(voices);
  const reader = new Reader(synthesis as unknown as Synthesis, (text) => ({ text }) as SpeechSynthesisUtterance);
  return { synthesis, reader, texts: () => synthesis.said.map(({ text }) => text) };
}

test("pieces are read one after the other, in the voice's own language", async () => {
  const { synthesis, reader, texts } = readerOf([VOICE]);
  const done = reader.read("a", PIECES, ["en-IN"]);
  await settled();
  assert.deepEqual([texts(), reader.reading.value], [["One."], "a"]);
  synthesis.end();
  await settled();
  assert.deepEqual(texts(), ["One.", "Two."]);
  synthesis.end();
  assert.equal(await done, null);
  assert.deepEqual([reader.reading.value, synthesis.said[0]?.lang], [null, "en-IN"]);
});

test("stopping and reading another text both end the first", async () => {
  const { reader, texts } = readerOf([VOICE]);
  const first = reader.read("a", PIECES, []);
  await settled();
  const second = reader.read("b", PIECES, []);
  assert.equal(await first, null);
  await settled();
  assert.deepEqual([reader.reading.value, texts()], ["b", ["One.", "One."]]);
  reader.stop();
  assert.equal(await second, null);
  assert.deepEqual([reader.reading.value, texts().length], [null, 2]);
});

test("a stop ends the reading in a browser that reports no end of its utterance", async () => {
  const { synthesis, reader } = readerOf([VOICE]);
  const done = reader.read("a", PIECES, []);
  await settled();
  synthesis.cancel = () => undefined;
  reader.stop();
  assert.equal(await done, null);
  assert.equal(reader.reading.value, null);
});

test("voices that arrive late are waited for", async () => {
  const { synthesis, reader, texts } = readerOf([]);
  void reader.read("a", PIECES, []);
  await settled();
  assert.deepEqual(texts(), []);
  synthesis.arrive([VOICE]);
  await settled();
  assert.deepEqual(texts(), ["One."]);
  reader.stop();
});

test("a device without voices, or without one for the language, is a problem", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const { reader } = readerOf([]);
    const without = reader.read("a", PIECES, []);
    mock.timers.tick(1_500);
    assert.equal(await without, "no_voice");
  } finally {
    mock.timers.reset();
  }
  const { reader, texts } = readerOf([VOICE]);
  assert.equal(await reader.read("a", [{ text: "வணக்கம்", language: "ta" }], []), "no_voice");
  assert.deepEqual([texts(), reader.reading.value], [[], null]);
});

test("a voice that fails ends the reading with a problem", async () => {
  const { synthesis, reader, texts } = readerOf([VOICE]);
  const done = reader.read("a", PIECES, []);
  await settled();
  synthesis.end("synthesis-failed");
  assert.equal(await done, "failed");
  assert.deepEqual(texts(), ["One."]);
});
