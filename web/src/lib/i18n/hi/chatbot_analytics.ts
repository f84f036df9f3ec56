import type { ChatbotAnalytics } from "../chatbot_analytics.ts";

export default {
  range: "अवधि",
  ranges: { 7: "पिछले 7 दिन", 30: "पिछले 30 दिन", 90: "पिछले 90 दिन" },
  measure: "क्या दिखाएँ",
  measures: { answers: "जवाब", cost: "मॉडलों का खर्च", charged: "इसमें से आप जो चुकाते हैं" },
  byDay: "दिन के हिसाब से",
  day: "दिन",
  asTable: "तालिका के रूप में दिखाएँ",
  chart: (measure, from, to, most) =>
    `${from} से ${to} तक हर दिन: ${measure}। सबसे ज़्यादा: ${most}। नीचे की तालिका में हर दिन है।`,
  csv: "CSV के रूप में सहेजें",
  outcomes: "जवाब कैसे रहे",
  none: "अभी कुछ नहीं पूछा गया।",
  notFound: "बिना जवाब के सवाल",
  notFoundLead: "इस अवधि में दस्तावेज़ों में इनका जवाब नहीं था। कोई दस्तावेज़ या अपना जवाब जोड़ें।",
  times: (count) => `${count} बार`,
} satisfies ChatbotAnalytics;
