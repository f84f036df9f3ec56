import assert from "node:assert/strict";
import { test } from "node:test";
import { Dictation, recognitionOf, spokenLanguage, type DictationProblem, type Recognition } from "./dictation.ts";

/** Recognition as a browser has it: nothing is heard until the test says so. */
class FakeRecognition implements Recognition {
  lang = "";
  continuous = false;
  interimResults = false;
  onstart: Recognition["onstart"] = null;
  onresult: Recognition["onresult"] = null;
  onerror: Recognition["onerror"] = null;
  onend: Recognition["onend"] = null;
  calls: string[] = [];
  start(): void {
    this.calls.push("start");
  }
  stop(): void {
    this.calls.push("stop");
  }
  abort(): void {
    this.calls.push("abort");
  }
  hear(...parts: string[]): void {
    const results = parts.map((transcript) => Object.assign([{ transcript, confidence: 1 }], { isFinal: false }));
    this.onresult?.({ results: results as unknown as SpeechRecognitionResult[] });
  }
}

function dictationOf(create?: () => FakeRecognition) {
  const made: FakeRecognition[] = [];
  const texts: string[] = [];
  const problems: DictationProblem[] = [];
  const dictation = new Dictation(() => {
    const recognition = create?.() ?? new FakeRecognition();
    made.push(recognition);
    return recognition;
  });
  const start = () =>
    dictation.start("hi-IN", { onText: (said) => texts.push(said), onProblem: (why) => problems.push(why) });
  return { dictation, made, texts, problems, start };
}

test("what is said arrives while it is said, and what was said last after a stop", () => {
  const { dictation, made, texts, problems, start } = dictationOf();
  start();
  const [recognition] = made;
  assert.equal(dictation.state.value, "starting");
  recognition?.onstart?.();
  assert.equal(dictation.state.value, "listening");
  recognition?.hear("hello");
  recognition?.hear("hello", " world");
  dictation.stop();
  recognition?.hear("hello", " world again");
  recognition?.onend?.();
  assert.deepEqual(texts, ["hello", "hello world", "hello world again"]);
  assert.deepEqual([recognition?.lang, recognition?.continuous, recognition?.interimResults], ["hi-IN", true, true]);
  assert.deepEqual([dictation.state.value, problems], ["off", []]);
});

test("after an end at once nothing arrives any more", () => {
  const { dictation, made, texts, problems, start } = dictationOf();
  start();
  made[0]?.hear("sent");
  dictation.abort();
  made[0]?.hear("sent", " and late");
  made[0]?.onerror?.({ error: "aborted" });
  made[0]?.onend?.();
  assert.deepEqual([texts, problems, dictation.state.value], [["sent"], [], "off"]);
});

test("a browser that ends after one sentence leaves what it heard", () => {
  const { dictation, made, texts, problems, start } = dictationOf();
  start();
  made[0]?.onstart?.();
  made[0]?.hear("one sentence");
  made[0]?.onend?.();
  assert.deepEqual([texts, problems, dictation.state.value], [["one sentence"], [], "off"]);
});

test("each refusal of a browser is one problem", () => {
  const refusals: Record<string, DictationProblem | undefined> = {
    "not-allowed": "not_allowed",
    "service-not-allowed": "no_service",
    network: "no_network",
    "audio-capture": "no_microphone",
    "no-speech": "silence",
    "language-not-supported": "language",
    "some-new-error": "no_service",
    aborted: undefined,
  };
  for (const [error, problem] of Object.entries(refusals)) {
    const { dictation, made, problems, start } = dictationOf();
    start();
    made[0]?.onerror?.({ error });
    made[0]?.onend?.();
    assert.deepEqual([problems, dictation.state.value], [problem ? [problem] : [], "off"], error);
  }
});

test("recognition in name only is a problem and no error", () => {
  const { dictation, problems, start } = dictationOf(() =>
    Object.assign(new FakeRecognition(), {
      start() {
        throw new DOMException("no service", "InvalidStateError");
      },
    }),
  );
  start();
  assert.deepEqual([problems, dictation.state.value], [["no_service"], "off"]);
});

test("both names of recognition are found, and a browser without one has none", () => {
  assert.equal(recognitionOf({ webkitSpeechRecognition: FakeRecognition }), FakeRecognition);
  assert.equal(recognitionOf({ SpeechRecognition: FakeRecognition }), FakeRecognition);
  assert.equal(recognitionOf({}), null);
});

test("the language has the user's own region", () => {
  assert.equal(spokenLanguage("en", ["hi-IN", "en-GB"]), "en-GB");
  assert.equal(spokenLanguage("hi", ["en-US"]), "hi-IN");
  assert.equal(spokenLanguage("en", ["en"]), "en-IN");
});
