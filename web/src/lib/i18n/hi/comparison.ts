import type { Comparison } from "../comparison.ts";

export default {
  reading: "लोड हो रहा है…",
  cut: (characters) => `${characters} अक्षरों में से केवल पहले 2,00,000 सहेजे गए हैं।`,
  firstWord: (seconds) => `पहला शब्द ${seconds} सेकंड में`,
  tokens: (_, text) => `${text} टोकन`,
  stop: (model) => `${model} को रोकें`,
  copy: (model) => `${model} का जवाब कॉपी करें`,
  failed: "कोई जवाब नहीं आया, और आपसे कोई शुल्क नहीं लिया गया।",
  sideBySide: "साथ-साथ दिखाएँ",
  choose: (position) => `संस्करण ${position} की तुलना करें`,
  chooseHint: "दो से चार संस्करण चुनें।",
  close: "एक जवाब दिखाएँ",
  together: "एक साथ पूछे गए जवाब। आगे बढ़ने के लिए एक चुनें।",
  versions: "साथ-साथ संस्करण",
} satisfies Comparison as Comparison;
