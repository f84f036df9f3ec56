import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];

export type IdentitySecret = Schemas["IdentitySecret"];
export type IdentitySecretMade = Schemas["IdentitySecretMade"];

/** For how many hours the secret before may be accepted too. The API allows up to 168. */
export const OVERLAPS = [0, 1, 24, 72, 168] as const;
export type Overlap = (typeof OVERLAPS)[number];

const byId = (id: string) => ({ path: { id } });

/** The requests for a chatbot's identity secrets to the API. Each throws ApiError for a refusal. */
export const identityBackend = {
  list: async (id: string) => body((await api()).GET("/api/chatbots/{id}/identity-secrets", { params: byId(id) })),

  add: async (id: string, overlap_hours: number): Promise<IdentitySecretMade> =>
    body((await api()).POST("/api/chatbots/{id}/identity-secrets", { params: byId(id), body: { overlap_hours } })),

  remove: async (id: string, secret_id: string): Promise<void> => {
    await body(
      (await api()).DELETE("/api/chatbots/{id}/identity-secrets/{secret_id}", {
        params: { path: { id, secret_id } },
      }),
    );
  },
};

/** How a website's server signs who a visitor is, for the chatbot with this public id. Each has a function that returns
 *  a token for an hour. The secret is in the environment, because source code is not the place for one. */
export function identityExamples(publicId: string): { language: "python" | "js"; text: string }[] {
  return [
    {
      language: "python",
      text: `# pip install pyjwt
import os
import time

import jwt


def identity_token(user_id: str, name: str, email: str) -> str:
    claims = {
        "sub": user_id,
        "aud": "${publicId}",
        "exp": int(time.time()) + 3600,
        "name": name,
        "email": email,
    }
    return jwt.encode(claims, os.environ["ONEAI_IDENTITY_SECRET"], "HS256")`,
    },
    {
      language: "js",
      text: `import { createHmac } from "node:crypto";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

export function identityToken(userId, name, email) {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { sub: userId, aud: "${publicId}", exp, name, email };
  const signed = \`\${encode({ alg: "HS256", typ: "JWT" })}.\${encode(claims)}\`;
  const secret = process.env.ONEAI_IDENTITY_SECRET;
  return \`\${signed}.\${createHmac("sha256", secret).update(signed).digest("base64url")}\`;
}`,
    },
  ];
}
