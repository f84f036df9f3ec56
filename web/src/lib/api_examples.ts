/** A first request to the API, in the languages that most programs are written in. docs/guide/programs.md has the same,
 *  with `$API/v1` and `$KEY`; a test compares them. */
export interface Example {
  language: "sh" | "python" | "js";
  text: string;
}

/** The model of examples, unless a key does not permit it. */
export const EXAMPLE_MODEL = "openai/gpt-4.1-mini";

/** The examples for a base URL such as `https://app.example.com/api/v1`, and a secret. */
export function apiExamples(baseUrl: string, secret: string, model = EXAMPLE_MODEL): Example[] {
  const question = "What is a monsoon?";
  return [
    {
      language: "sh",
      text: `curl "${baseUrl}/chat/completions" \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "${question}"}]}'`,
    },
    {
      language: "python",
      text: `# pip install openai
from openai import OpenAI

client = OpenAI(base_url="${baseUrl}", api_key="${secret}")
completion = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${question}"}],
)
print(completion.choices[0].message.content)`,
    },
    {
      language: "js",
      text: `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${baseUrl}", apiKey: "${secret}" });
const completion = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "${question}" }],
});
console.log(completion.choices[0].message.content);`,
    },
  ];
}

/** The model for the examples of a key with these patterns (`*` for any characters; null: every model): the usual one if
 *  it matches, else the first of `listed` that does, else the first pattern that is an id. Null if there is none. */
export function exampleModel(patterns: readonly string[] | null, listed: readonly string[]): string | null {
  if (patterns === null) return EXAMPLE_MODEL;
  const matchers = patterns.map((pattern) => new RegExp(`^${pattern.split("*").map(literal).join(".*")}$`, "i"));
  const permitted = [EXAMPLE_MODEL, ...listed].find((id) => matchers.some((matcher) => matcher.test(id)));
  return permitted ?? patterns.find((pattern) => !pattern.includes("*")) ?? null;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
