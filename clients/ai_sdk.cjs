// Vercel's AI SDK: streams an answer, then lets the model call a function.
// OPENAI_BASE_URL=http://127.0.0.1:8000/v1 OPENAI_API_KEY=oneai_sk_… NODE_PATH=web/node_modules node clients/ai_sdk.cjs "Hello"

const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");
const { generateText, isStepCount, jsonSchema, streamText, tool } = require("ai");

const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey } = process.env;
const model = createOpenAICompatible({ name: "oneai", baseURL, apiKey, includeUsage: true })("openai/gpt-4.1-mini");
const weather = tool({
  description: "The weather of a city.",
  inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }),
  execute: async ({ city }) => `rain in ${city}`,
});

async function main(prompt) {
  // By itself it would ask twice more where a budget is spent, which OpenAI's own libraries know not to.
  const answer = streamText({ model, prompt, maxRetries: 0, onError: ({ error }) => fail(error) });
  for await (const text of answer.textStream) process.stdout.write(text);
  console.log(`\n${(await answer.usage).totalTokens} tokens`);
  const { text } = await generateText({
    model,
    prompt: "Do I need an umbrella in Pune?",
    tools: { weather },
    stopWhen: isStepCount(3),
  });
  console.log(text);
}

function fail(error) {
  const { error: refusal } = error.data ?? {};
  console.error(refusal ? `${refusal.code}: ${refusal.message}` : error);
  process.exit(1);
}

main(process.argv[2]).catch(fail);
