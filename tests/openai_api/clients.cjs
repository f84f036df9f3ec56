// Clients for Node against the stack: what each of them received, as one JSON object on stdout.
// Arguments: the base URL and the key. The packages are found by NODE_PATH.

const { OpenAI } = require("openai");
const { createOpenAI } = require("@ai-sdk/openai");
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");
const { generateText, jsonSchema, streamText, tool } = require("ai");

const [baseURL, apiKey] = process.argv.slice(2);
const MODEL = "openai/gpt-4.1-mini";
const messages = [{ role: "user", content: "Hello from Node" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };

async function openai() {
  const client = new OpenAI({ baseURL, apiKey });
  const whole = await client.chat.completions.create({ model: MODEL, messages });
  const stream = await client.chat.completions.create({
    model: MODEL,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = "";
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  const runner = client.chat.completions.stream({
    model: MODEL,
    messages,
    tools: [{ type: "function", function: { name: "weather", parameters } }],
  });
  const called = (await runner.finalChatCompletion()).choices[0].message.tool_calls;
  const responses = await client.responses.stream({ model: MODEL, input: "Hello from Node" }).finalResponse();
  const embedding = await client.embeddings.create({ model: "openai/text-embedding-3-small", input: "one" });
  const models = [];
  for await (const model of client.models.list()) models.push(model.id);
  let refusal = null;
  try {
    await client.chat.completions.create({ model: "unknown/model", messages });
  } catch (error) {
    refusal = [error.constructor.name, error.code, Boolean(error.requestID)];
  }
  return {
    whole: whole.choices[0].message.content,
    streamed: text,
    tokens: usage?.completion_tokens,
    calls: called.map((call) => [call.function.name, JSON.parse(call.function.arguments)]),
    response: responses.output_text,
    dimensions: embedding.data[0].embedding.length,
    models: models.length,
    refusal,
  };
}

async function aiSdk(model) {
  const whole = await generateText({ model, prompt: "Hello from the AI SDK" });
  const errors = [];
  const stream = streamText({ model, prompt: "Hello from the AI SDK", onError: ({ error }) => errors.push(String(error)) });
  let text = "";
  for await (const part of stream.textStream) text += part;
  const calls = await generateText({
    model,
    prompt: "Weather?",
    tools: { weather: tool({ inputSchema: jsonSchema(parameters) }) },
  });
  return {
    whole: whole.text,
    streamed: text,
    finish: await stream.finishReason,
    tokens: (await stream.usage).outputTokens,
    calls: calls.toolCalls.map((call) => [call.toolName, call.input]),
    errors,
  };
}

async function main() {
  const compatible = createOpenAICompatible({ name: "oneai", baseURL, apiKey, includeUsage: true });
  const result = {
    openai: await openai(),
    createOpenAI: await aiSdk(createOpenAI({ baseURL, apiKey })(MODEL)),
    createOpenAICompatible: await aiSdk(compatible(MODEL)),
  };
  console.log(JSON.stringify(result));
}

main();
