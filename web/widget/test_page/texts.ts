/** The words of the test page. */
export interface Texts {
  title: string;
  lead: string;
  points: readonly string[];
  line: string;
  missing: string;
}

export const TEXTS: Record<"en" | "hi", Texts> = {
  en: {
    title: "A website with your chatbot",
    lead: "This page has nothing but the line below, as your website will have it. Ask in the corner what your visitors ask.",
    points: [
      "It answers as it was published, not as the draft is.",
      "Answers here cost what they cost on your website, and count in its limits and figures.",
      "Open this address on a phone too.",
    ],
    line: "The line",
    missing: "This address names no chatbot. Open the test page from the chatbot’s page.",
  },
  hi: {
    title: "आपके चैटबॉट वाली एक वेबसाइट",
    lead: "इस पेज पर सिर्फ़ नीचे की पंक्ति है, जैसी आपकी वेबसाइट पर होगी। कोने में वह पूछें जो आपके आगंतुक पूछते हैं।",
    points: [
      "यह प्रकाशित संस्करण से जवाब देता है, ड्राफ़्ट से नहीं।",
      "यहाँ के जवाबों का खर्च वेबसाइट जितना ही है, और वे उसकी सीमाओं और आँकड़ों में गिने जाते हैं।",
      "यह पता फ़ोन पर भी खोलें।",
    ],
    line: "पंक्ति",
    missing: "इस पते में कोई चैटबॉट नहीं है। टेस्ट पेज चैटबॉट के पेज से खोलें।",
  },
};
