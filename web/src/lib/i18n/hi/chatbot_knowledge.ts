import type { ChatbotKnowledge } from "../chatbot_knowledge.ts";

export default {
  title: "यह किनसे जवाब देता है",
  lead: "ड्राफ़्ट और प्रकाशित संस्करण के दस्तावेज़ और संग्रह।",
  states: {
    ready: "तैयार",
    processing: "पढ़ा जा रहा है",
    failed: "पढ़ा नहीं जा सका",
    private: "छोड़ा गया",
    gone: "हटाया गया",
  },
  reasons: {
    ready: "",
    processing: "टेक्स्ट पढ़े जाते ही चैटबॉट इसका इस्तेमाल करेगा।",
    failed: "इसका टेक्स्ट पढ़ा नहीं जा सका। कारण देखने के लिए इसे खोलें, या फिर से अपलोड करें।",
    private: "यह अब निजी है, या इसका लेखक जा चुका है। सिर्फ़ लेखक इसे फिर से जोड़ सकता है।",
    gone: "चैटबॉट अब इससे जवाब नहीं देता। कोई दूसरा चुनें।",
  },
  unreadable: { document: "एक दस्तावेज़ जिसे आप नहीं पढ़ सकते", collection: "एक संग्रह जिसे आप नहीं पढ़ सकते" },
  deleted: { document: "हटाया गया दस्तावेज़", collection: "हटाया गया संग्रह" },
  draftAlone: "सिर्फ़ ड्राफ़्ट में",
  publishedAlone: "सिर्फ़ प्रकाशित संस्करण में",
} satisfies ChatbotKnowledge;
