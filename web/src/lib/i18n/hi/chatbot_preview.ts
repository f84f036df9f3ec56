import type { ChatbotPreview } from "../chatbot_preview.ts";

export default {
  hint: "यह सहेजे गए ड्राफ़्ट से जवाब देता है। हर जवाब आपके अपने सवाल के रूप में गिना जाता है।",
  afterSaving: "अपने बदलाव यहाँ आज़माने के लिए उन्हें सहेजें।",
  thinking: "सोच रहा है…",
  sources: (names) => `स्रोत: ${names}`,
  send: "भेजें",
  stop: "रोकें",
  restart: "फिर से शुरू करें",
  answers: "ड्राफ़्ट के जवाब",
} satisfies ChatbotPreview;
