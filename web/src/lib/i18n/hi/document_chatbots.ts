import type { DocumentChatbots } from "../document_chatbots.ts";

export default {
  used: (count) =>
    count === 1
      ? "एक चैटबॉट उससे जवाब देता है जो आप हटा रहे हैं, और अब नहीं दे पाएगा:"
      : "ये चैटबॉट उससे जवाब देते हैं जो आप हटा रहे हैं, और अब नहीं दे पाएँगे:",
  usedCollection: (count) =>
    count === 1
      ? "एक चैटबॉट इस संग्रह से जवाब देता है, और इसके दस्तावेज़ों से अब नहीं दे पाएगा:"
      : "ये चैटबॉट इस संग्रह से जवाब देते हैं, और इसके दस्तावेज़ों से अब नहीं दे पाएँगे:",
} satisfies DocumentChatbots;
