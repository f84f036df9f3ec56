import type { AdminOverview } from "../admin_overview.ts";

export default {
  groups: { money: "पैसा", people: "उपयोगकर्ता और जवाब", speed: "गति" },
  previous: (days, value) => (days === 1 ? `कल: ${value}` : `पिछले ${days} दिन: ${value}`),
  nothing: "कुछ नहीं",
  noAnswers: "कोई जवाब नहीं",
  unknown: "पता नहीं",
  noRate: "कुछ आय ऐसी मुद्रा में है जिसकी विनिमय दर नहीं है।",
  inDollars: (amount, rate) => `${amount}, एक डॉलर ₹${rate} पर।`,
  marginOf: (revenue, cost) => `${revenue} आय − ${cost} मॉडलों की लागत।`,
  course: (from, first, to, last, highest) => `${from}: ${first}। ${to}: ${last}। सबसे ज़्यादा: ${highest}।`,
  slowestStage: "सबसे धीमा चरण",
  stageTimes: (median, p95) => `माध्यिका ${median}, 95% ${p95} के भीतर।`,
  stages: "जवाब कहाँ रुकते हैं",
  stagesLead: "जवाब का समय, चरण के क्रम में।",
  stage: "चरण",
  median: "माध्यिका",
  p95: "95%",
  next: "आगे देखें",
  byModel: "मॉडल के अनुसार",
  stageMeaning: {
    admission: "सवाल जाँचा और सहेजा जाता है।",
    preparation: "अंश, फ़ाइलें और तस्वीरें पढ़ी जाती हैं।",
    model: "मॉडल ने अभी लिखना शुरू नहीं किया।",
    writing: "मॉडल लिखता है।",
  },
} satisfies AdminOverview as AdminOverview;
