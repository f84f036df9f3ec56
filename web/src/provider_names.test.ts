import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

/** The payment providers: a folder each, beside the API's own modules. */
const FOLDERS = join(import.meta.dirname, "../../layers/common/oneai/billing/providers");
const PROVIDERS = globSync("*/capabilities.py", { cwd: FOLDERS }).map((file) => file.split("/")[0]!);

/** Fields of the API that have the name of a provider's script, and the path of its stand-in on this machine. */
const FIELDS = /\b\w+\.razorpay\b|\brazorpay_(?:\w+|\$\{)|\|razorpay\|/g;

/** The lines of a source that name a provider in code. Comments and texts for people do not count. */
function linesThatAsk(text: string): string[] {
  const names = new RegExp(
    `(?<![\\w/])(?:${PROVIDERS.join("|")})(?!\\w)|\\b(?:${PROVIDERS.join("|")})\\\\?\\.com`,
    "i",
  );
  const code = text
    .replace(/<!--[\s\S]*?-->|\/\*[\s\S]*?\*\//g, "")
    .replace(/(?<!:)\/\/.*$/gm, "")
    .replace(FIELDS, "");
  return code.split("\n").filter((line) => names.test(line));
}

test("no source asks for the name of a payment provider", () => {
  assert.ok(PROVIDERS.length >= 3);
  const files = globSync("**/*.{ts,svelte}", { cwd: import.meta.dirname });
  const asking = files
    .filter((file) => !file.endsWith(".test.ts") && !file.startsWith("lib/i18n/"))
    .flatMap((file) =>
      linesThatAsk(readFileSync(join(import.meta.dirname, file), "utf8")).map((line) => `${file}: ${line.trim()}`),
    );
  assert.deepEqual(asking, []);
});

test("a comparison with a provider's name, or a pattern of its host, is found", () => {
  for (const line of [
    'if (payer !== "stripe") return;',
    "const midtrans = price.payment_provider;",
    "/\\.(stripe|midtrans)\\.com$/.test(host)",
    "const terms = { razorpay: 1 };",
  ])
    assert.deepEqual(linesThatAsk(line), [line]);
  for (const line of [
    "const script = session.razorpay;",
    "fields.get(`razorpay_${name}`)",
    "// Stripe waits by itself.",
  ])
    assert.deepEqual(linesThatAsk(line), []);
});
