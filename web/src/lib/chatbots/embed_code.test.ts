import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "./backend.ts";
import { changesCode } from "./embed_code.ts";

type Widget = Configuration["widget"];

function configuration(widget: Partial<Widget>): Configuration {
  const shown = { color: "#2563eb", position: "right", languages: ["en"], greeting: "Hello", ...widget };
  return { widget: shown } as Configuration;
}

test("the embed code is copied again after a publication that changes what it says", () => {
  const published = configuration({});
  const changed = (widget: Partial<Widget>) => changesCode({ draft: configuration(widget), published });
  assert.deepEqual(
    [{}, { greeting: "Welcome" }, { radius: 20 }].map(changed),
    [false, false, false],
    "the frame reads these itself",
  );
  assert.deepEqual([{ color: "#aa0000" }, { position: "left" as const }, { languages: ["hi" as const] }].map(changed), [
    true,
    true,
    true,
  ]);
  assert.ok(changed({ languages: ["en", "hi"] }), "the code names no language then");
  const two = configuration({ languages: ["en", "hi"] });
  const three = configuration({ languages: ["hi", "en", "id"] });
  assert.ok(!changesCode({ draft: three, published: two }), "neither code names one");
  assert.ok(!changesCode({ draft: configuration({ color: "#aa0000" }), published: null }), "nothing was copied yet");
});
