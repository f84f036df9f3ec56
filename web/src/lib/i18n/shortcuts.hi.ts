import type { Shortcuts } from "./shortcuts.en.ts";

export default {
  title: "कीबोर्ड शॉर्टकट",
  search: "खोज और आदेश",
  newChat: "नई चैट शुरू करें",
  message: "संदेश लिखें",
  send: "संदेश भेजें",
  line: "संदेश में नई पंक्ति",
  questions: "पिछले या अगले सवाल पर जाएँ",
  help: "ये शॉर्टकट दिखाएँ",
  close: "जो खुला है उसे बंद करें",
  temporary: "अस्थायी चैट शुरू करें",
  organise: "सभी बातचीत: फ़ोल्डर, टैग, संग्रह",
  usage: "उपयोग",
  settings: "सेटिंग",
  data: "निर्यात और आयात",
  billing: "प्लान और बिलिंग",
  pricing: "कीमतें और मॉडल",
  dark: "गहरे रंग",
  light: "हल्के रंग",
  english: "English",
  hindi: "हिन्दी",
} satisfies Shortcuts as Shortcuts;
