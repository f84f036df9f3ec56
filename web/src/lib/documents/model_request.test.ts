import assert from "node:assert/strict";
import { test } from "node:test";
import { ModelRequest } from "./model_request.ts";
import type { Quote } from "./types.ts";

const quoteOf = (units: number): Quote => ({
  allowed: true,
  of: null,
  lines: [{ quota_key: "small_messages", units }],
  max_cost_micro_usd: 10,
  credits_micro_usd: 0,
  basis: [],
});

function requests() {
  const sent: string[] = [];
  const answers: ((quote: Quote) => void)[] = [];
  const use = {
    quote: (id: string, work: string, model: string) => {
      sent.push(`quote ${id} ${work} ${model}`);
      return new Promise<Quote>((resolve) => answers.push(resolve));
    },
    readPages: async (id: string, model: string) => void sent.push(`read ${id} ${model}`),
    summarise: async (id: string, model: string) => void sent.push(`summarise ${id} ${model}`),
  };
  return { sent, answers, use: use as never };
}

test("the quote is for the model chosen last, and hidden until it arrives", async () => {
  const { sent, answers, use } = requests();
  const request = new ModelRequest("d", "summary", use);
  const first = request.choose("");
  const second = request.choose("large");
  assert.equal(request.quote.store.value.state, "loading");
  answers[1]!(quoteOf(2));
  answers[0]!(quoteOf(1));
  await Promise.all([first, second]);

  assert.deepEqual(sent, ["quote d summary ", "quote d summary large"]);
  assert.deepEqual(request.quote.store.value, { state: "ready", value: quoteOf(2) });
});

test("what is sent is the work, with the model that was chosen", async () => {
  const { sent, answers, use } = requests();
  const reading = new ModelRequest("d", "read_pages", use);
  const chosen = reading.choose("sees");
  answers[0]!(quoteOf(3));
  await chosen;
  await reading.send();
  await new ModelRequest("d", "summary", use).send();

  assert.deepEqual(sent.slice(1), ["read d sees", "summarise d "]);
});
