import type { Models } from "../models.ts";

export default {
  model: "मॉडल",
  defaultModel: "डिफ़ॉल्ट मॉडल",
  search: "मॉडल खोजें",
  found: (count) => `${count} मॉडल`,
  none: "कोई मॉडल नहीं मिला।",
  failed: "मॉडल की सूची लोड नहीं हो सकी।",
  retry: "फिर कोशिश करें",
  compare: "मॉडलों की तुलना करें",
  compareHint: "दो से चार मॉडल चुनें। वे साथ-साथ जवाब देंगे, और हर जवाब अलग गिना जाएगा।",
  compareThese: (count) => `${count} मॉडलों की तुलना करें`,
  comparing: (names) => `तुलना: ${names}`,
  endComparing: "तुलना बंद करें",
  chosen: (count) => `4 में से ${count} चुने गए`,
  choose: "यह जवाब चुनें",
  chosenAnswer: "चैट इसी जवाब से आगे बढ़ेगी।",
  answersOf: "साथ-साथ जवाब",
  quoteHold: (units) => `लगेगा: ${units}`,
  quoteCost: (cost) => `अधिकतम लागत ${cost}`,
  notAllowed: "आपके प्लान में इसके लिए पर्याप्त बाकी नहीं है।",
} satisfies Models as Models;
