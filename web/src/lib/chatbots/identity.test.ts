import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { identityExamples } from "./identity.ts";

test("the example in JavaScript signs who a visitor is with HS256 for an hour", async () => {
  const { text } = identityExamples("public-id").find(({ language }) => language === "js")!;
  process.env["ONEAI_IDENTITY_SECRET"] = "identity-secret";
  const { identityToken } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
    identityToken: (id: string, name: string, email: string) => string;
  };
  const [header = "", claims = "", signature] = identityToken("7", "आशा", "asha@example.com").split(".");
  const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;

  assert.deepEqual(parse(header), { alg: "HS256", typ: "JWT" });
  const { exp, ...rest } = parse(claims);
  assert.deepEqual(rest, { sub: "7", aud: "public-id", name: "आशा", email: "asha@example.com" });
  assert.ok(Math.abs(Number(exp) - Date.now() / 1000 - 3600) < 600);
  const expected = createHmac("sha256", "identity-secret").update(`${header}.${claims}`).digest("base64url");
  assert.equal(signature, expected);
});
