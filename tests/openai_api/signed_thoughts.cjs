// A loop of tools with a model that signs its thoughts, by clients for Node: what each of them was answered in the end.
// Arguments: the base URL and the key. The packages are found by NODE_PATH.

const { OpenAI } = require("openai");
const { createOpenAI } = require("@ai-sdk/openai");
const { generateText, jsonSchema, stepCountIs, tool } = require("ai");

const [baseURL, apiKey] = process.argv.slice(2);
const MODEL = "local/signs-its-thoughts";
const question = { role: "user", content: "Weather?" };
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tools = [{ type: "function", function: { name: "weather", parameters } }];
const functions = [{ type: "function", name: "weather", parameters, strict: false }];
const client = new OpenAI({ baseURL, apiKey });

async function afterCompletion(completion) {
  const { message } = completion.choices[0];
  const results = message.tool_calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: "rain" }));
  const messages = [question, message, ...results];
  const second = await client.chat.completions.create({ model: MODEL, messages, tools });
  return second.choices[0].message.content;
}

async function afterResponse(response) {
  const calls = response.output.filter(({ type }) => type === "function_call");
  const outputs = calls.map(({ call_id }) => ({ type: "function_call_output", call_id, output: "rain" }));
  const input = [question, ...response.output, ...outputs];
  const second = await client.responses.create({ model: MODEL, input, tools: functions });
  return second.output_text;
}

async function main() {
  const chat = { model: MODEL, messages: [question], tools };
  const responses = { model: MODEL, input: [question], tools: functions };
  const { text } = await generateText({
    model: createOpenAI({ baseURL, apiKey })(MODEL),
    prompt: "Weather?",
    tools: { weather: tool({ inputSchema: jsonSchema(parameters), execute: () => "rain" }) },
    stopWhen: stepCountIs(3),
    providerOptions: { openai: { store: false, forceReasoning: true } },
  });
  const result = {
    completion: await afterCompletion(await client.chat.completions.create(chat)),
    stream: await afterCompletion(await client.chat.completions.stream(chat).finalChatCompletion()),
    response: await afterResponse(await client.responses.create(responses)),
    "response stream": await afterResponse(await client.responses.stream(responses).finalResponse()),
    createOpenAI: text,
  };
  console.log(JSON.stringify(result));
}

main();
