import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { DocsSearch, sectionAddress, type DocsHit, type DocsResults } from "./docs_search.ts";

const hit = (slug: string, anchor = ""): DocsHit => ({
  slug,
  anchor,
  title: "",
  heading: "",
  snippet: "",
  highlights: [],
});
const results = (...items: DocsHit[]): DocsResults => ({ items, suggestions: [] });

/** An API that answers at once, and remembers what was reported. */
function fake(answers: Record<string, DocsResults | ApiError>) {
  const missed: string[] = [];
  const asked: string[] = [];
  return {
    asked,
    missed,
    find: async (words: string) => {
      asked.push(words);
      const answer = answers[words] ?? results();
      if (answer instanceof ApiError) throw answer;
      return answer;
    },
    miss: async (words: string) => void missed.push(words),
  };
}

test("a section is addressed by its page and its heading", () => {
  assert.equal(sectionAddress(hit("quotas", "held-and-used")), "/docs/quotas#held-and-used");
  assert.equal(sectionAddress(hit("api/sharing")), "/docs/api/sharing");
});

test("words are searched after a pause, and overtaken results change nothing", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const api = fake({ quotas: results(hit("quotas")) });
  const search = new DocsSearch(api);
  search.type("quo");
  mock.timers.tick(100);
  search.type("quotas");
  mock.timers.tick(200);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(api.asked, ["quotas"]);
  assert.deepEqual([search.store.value.state, search.store.value.results.items.length], ["ready", 1]);

  const late = search.find("refund");
  search.type("  ");
  await late;
  assert.equal(search.store.value.state, "idle");
  mock.timers.reset();
});

test("words without results are reported once, in any spelling", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const api = fake({});
  const search = new DocsSearch(api);
  await search.find("webhooks");
  mock.timers.tick(1000);
  assert.deepEqual(api.missed, []);
  mock.timers.tick(2000);
  await search.find("Webhooks ");
  mock.timers.tick(3000);
  assert.deepEqual(api.missed, ["webhooks"]);
  mock.timers.reset();
});

test("words that are typed on are not reported, nor what failed", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const api = fake({
    refund: results(hit("billing")),
    broken: new ApiError(503, { code: "busy", message: "Busy." }, null),
  });
  const search = new DocsSearch(api);
  await search.find("refu nd");
  search.type("refund");
  mock.timers.tick(5000);
  await search.find("broken");
  mock.timers.tick(5000);
  assert.deepEqual(api.missed, []);
  assert.equal(search.store.value.state, "failed");
  mock.timers.reset();
});
