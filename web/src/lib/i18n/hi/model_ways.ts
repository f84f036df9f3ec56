import type { ModelWays } from "../model_ways.ts";

export default {
  providers: {
    openai: "OpenAI",
    anthropic: "Anthropic",
    gemini: "Google Gemini",
    openrouter: "OpenRouter",
    replicate: "Replicate",
    custom: "सर्वर",
  },
  needsKey: (name, provider) => `${name} के लिए आपकी अपनी ${provider} कुंजी चाहिए।`,
  needsKeyShort: (provider) => `आपकी ${provider} कुंजी चाहिए`,
  keyFails: {
    key_refused: (provider) => `आपकी ${provider} कुंजी स्वीकार नहीं की जा रही।`,
    key_exhausted: (provider) => `आपकी ${provider} कुंजी के खाते में क्रेडिट नहीं बचा।`,
    key_limit_reached: (provider) => `आपकी ${provider} कुंजी की सीमा पूरी हो गई।`,
    key_lacks_model: (provider) => `आपकी ${provider} कुंजी के पास अब यह मॉडल नहीं है।`,
  },
  addKey: "कुंजी जोड़ें",
  checkKeys: "कुंजी जाँचें",
  ownKey: (provider) => `अपनी ${provider} कुंजी से चलाएँ`,
  paidByKey: (provider) => `भुगतान आपकी ${provider} कुंजी से`,
  changePayer: "भुगतान कौन करता है",
  maker: "प्रदाता",
  allMakers: "सभी",
  yourKeys: "आपकी कुंजियाँ",
  can: "क्या कर सकता है",
  abilities: {
    image: "तस्वीरें देखना",
    file: "PDF पढ़ना",
    tools: "टूल चलाना",
    reasoning: "तर्क करना",
    temperature: "तापमान मानना",
    search: "वेब पर खोजना",
  },
  paidBy: "भुगतान",
  payers: {
    own_key: (provider) => `आपकी ${provider} कुंजी से`,
    plan: () => "आपके प्लान से",
    credits: () => "आपके क्रेडिट से",
  },
} satisfies ModelWays as ModelWays;
