import type { AnswerOptions } from "../answer_options.ts";

export default {
  temperature: "तापमान",
  temperatureHint: "मॉडल अपने शब्द कितनी आज़ादी से चुनता है। चैट इसे याद रखती है।",
  notUsed: (model) => `${model} में तापमान नहीं होता, इसलिए वह इसे नहीं मानता।`,
  modelsOwn: "मॉडल का अपना",
  temperatures: {
    0: " (सटीक)",
    0.3: " (सावधान)",
    0.7: " (संतुलित)",
    1: " (सजीव)",
    1.5: " (चौंकाने वाला)",
  },
  length: "सबसे लंबा जवाब",
  lengthHint: "इससे लंबे जवाब कट जाते हैं। मॉडल का सोचना भी गिना जाता है।",
  anyLength: "जितना मॉडल चाहे",
  tokens: (count) => `${count} टोकन`,
} satisfies AnswerOptions;
