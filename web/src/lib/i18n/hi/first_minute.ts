import type { FirstMinute } from "../first_minute.ts";

export default {
  samples: "इनमें से कुछ आज़माएँ",
  compare: "दो मॉडलों की तुलना करें",
  compareQuestion: "पाँच वाक्यों में समझाएँ कि मानसून कैसे बनता है",
  document: "किसी दस्तावेज़ के बारे में पूछें",
  documentHint: "PDF, Word फ़ाइल या तालिका",
  documentQuestion: "इस दस्तावेज़ में क्या लिखा है, पाँच बिंदुओं में बताएँ",
  draw: "तस्वीर बनवाएँ",
  drawQuestion: "मानसून में एक लाइटहाउस",
  web: "वेब पर खोजें",
  webQuestion: "इस हफ़्ते विज्ञान में क्या हुआ?",
  look: "किसी तस्वीर के बारे में पूछें",
  lookHint: "फ़ोटो, स्क्रीनशॉट या चार्ट",
  lookQuestion: "इस तस्वीर में क्या है?",
  table: "तालिका बनवाएँ",
  tableQuestion: "SQL और NoSQL की तुलना एक तालिका में करें",
  rename: "नाम बदलें",
  name: "चैट का नाम",
  renameFailed: "नया नाम सहेजा नहीं जा सका। फिर कोशिश करें।",
} satisfies FirstMinute as FirstMinute;
