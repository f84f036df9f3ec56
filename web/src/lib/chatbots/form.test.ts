import assert from "node:assert/strict";
import { test } from "node:test";
import type { Chatbot } from "./backend.ts";
import { differences } from "./before_and_after.ts";
import { textOn } from "./colors.ts";
import { costOfThousand, fits } from "./cost.ts";
import { changesOf, chatbotForm, configurationOf, newChatbot, parseForm, problemsOf, stepOf } from "./form.ts";
import { rights } from "./rights.ts";
import { TEMPLATES, withTemplate } from "./templates.ts";

const made = newChatbot({ ...chatbotForm(), name: " Tea  guide ", model: "openai/gpt-5-mini" }, true);
const chatbot = {
  ...made,
  draft: { ...made, temperature: 0.7, widget: { ...made.widget, public_page: true } },
  domains: ["https://example.com"],
} as unknown as Chatbot;

test("a form sends only what it changes, field by field within objects", () => {
  const form = chatbotForm(chatbot);
  assert.equal(changesOf(form, chatbot), null);
  form.temperature = "0,5";
  form.radius = 3;
  form.limits.micro_usd_per_day = "$1.50";
  assert.deepEqual(changesOf(form, chatbot), {
    temperature: 0.5,
    widget: { radius: 3 },
    limits: { micro_usd_per_day: 1_500_000 },
  });
  form.domains = "example.com, *.example.org\n";
  assert.deepEqual(changesOf(form, chatbot)?.widget?.domains, ["example.com", "*.example.org"]);
});

test("a member’s new chatbot has no limits and websites", () => {
  assert.equal(made.name, "Tea guide");
  assert.deepEqual(made.limits?.micro_usd_per_month, 30_000_000);
  const { limits, widget } = newChatbot(chatbotForm(), false);
  assert.deepEqual([limits, widget && "domains" in widget], [undefined, false]);
});

test("a step names its invalid fields, and the API’s fields have their step", () => {
  const form = { ...chatbotForm(), temperature: "warm", max_tokens: "" };
  form.limits.answers_per_day = "many";
  assert.deepEqual(
    (["purpose", "knowledge", "model", "look", "limits"] as const).map((step) => problemsOf(form, step)),
    [["name"], [], ["model", "temperature", "max_tokens"], [], ["answers_per_day"]],
  );
  assert.deepEqual(["widget.domains.0", "fallbacks.1", "name", "x"].map(stepOf), ["look", "model", "purpose", null]);
});

test("before and after differ in the fields that a form changed", () => {
  const form = { ...chatbotForm(chatbot), greeting: "Hello", documents: ["d"] };
  const after = configurationOf(form, chatbot.draft);
  assert.equal(after.widget.public_page, true);
  assert.deepEqual(differences(chatbot.draft, chatbot.draft), []);
  assert.deepEqual(differences(chatbot.draft, after), [
    { field: "knowledge.documents", before: [], after: ["d"] },
    { field: "widget.greeting", before: "", after: "Hello" },
  ]);
});

test("a template replaces no text that was written by hand", () => {
  const support = withTemplate(chatbotForm(), "support");
  assert.deepEqual([support.system_prompt, support.mode], [TEMPLATES.support.en.prompt, "documents_only"]);
  const sales = withTemplate({ ...support, greeting: "Welcome!", languages: ["hi", "en"] }, "sales");
  assert.deepEqual([sales.system_prompt, sales.greeting], [TEMPLATES.sales.hi.prompt, "Welcome!"]);
  assert.equal(withTemplate({ ...sales, system_prompt: "Mine." }, "faq").mode, "documents_first");
});

test("a stored form is read with the fields that the app knows, and damaged ones are ignored", () => {
  const base = chatbotForm();
  const stored = JSON.stringify({ ...base, name: "Kept", radius: "round", unknown: 1 });
  assert.deepEqual(parseForm(stored, base), { ...base, name: "Kept" });
  assert.equal(parseForm("{", base), null);
});

test("1,000 questions cost what the model’s prices say, and models that fit have structured output", () => {
  const asked = { mode: "general", system_prompt: "x".repeat(400), max_tokens: 100 } as const;
  const prices = { prompt_micro_usd_per_million: 1_000_000, completion_micro_usd_per_million: 2_000_000 };
  assert.equal(costOfThousand(asked, prices), (100 + 400 + 1000 + 2 * 100) * 1000);
  assert.equal(costOfThousand(asked, { ...prices, prompt_micro_usd_per_million: null }), null);
  const model = { supported_parameters: ["tools"], output_modalities: ["text"] };
  assert.deepEqual([fits(model, "general"), fits(model, "documents_only")], [true, false]);
});

test("text on a colour is the one that is easier to read, and roles have what the API allows", () => {
  assert.deepEqual([textOn("#2563eb"), textOn("#ffee00")], ["#ffffff", "#000000"]);
  const of = (role: string) => Object.values(rights({ id: "w", role } as Parameters<typeof rights>[0]));
  assert.deepEqual(["viewer", "member", "admin"].map(of), [
    [false, false],
    [true, false],
    [true, true],
  ]);
});
