import type { Markdown } from "../markdown.ts";

export default {
  code: "कोड",
  table: "तालिका",
  formula: "सूत्र",
  note: (label) => `फ़ुटनोट ${label}`,
  noteBack: (label) => `जहाँ फ़ुटनोट ${label} का ज़िक्र है, वहाँ वापस`,
  copyCode: "कोड कॉपी करें",
  copyTable: "तालिका कॉपी करें",
  copyFailed: "आपका ब्राउज़र यहाँ कॉपी करने नहीं देता। टेक्स्ट चुनकर खुद कॉपी करें।",
  showPicture: (host) => `${host} से तस्वीर दिखाएँ`,
  noPicture: (alt) => (alt ? `[तस्वीर: ${alt}]` : "[तस्वीर]"),
  pictureFailed: "यह तस्वीर यहाँ नहीं दिखाई जा सकती:",
  showDiagram: "आरेख दिखाएँ",
  showCode: "कोड दिखाएँ",
  preview: "पूर्वावलोकन",
  previewFailed: "पूर्वावलोकन लोड नहीं हो सका। फिर कोशिश करें।",
  diagram: "आरेख",
  diagramFailed: "इस आरेख में गलती है, इसलिए इसे बनाया नहीं जा सका।",
} satisfies Markdown as Markdown;
