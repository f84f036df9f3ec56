import type { VisitorPrivacy } from "../visitor_privacy.ts";

export default {
  kept: "चैट कितने समय रहती हैं",
  keptLead: "आगंतुक की चैट अपने आखिरी संदेश के इतने दिन बाद अपने नोट के साथ हटा दी जाती है। आँकड़े और खर्च संख्याओं के रूप में रहते हैं।",
  days: "दिन",
  daysHint: "1 से 3650। यह तुरंत लागू होता है, पहले से सहेजी चैट पर भी।",
  daysProblem: "1 से 3650 तक की पूरी संख्या लिखें।",
  reading: "आगंतुकों की चैट पढ़ना",
  auditReading: "ऑडिट लॉग में लिखें कि आगंतुक की कौन-सी चैट किसने पढ़ी",
  auditReadingHint: "हर व्यक्ति और चैट के लिए दिन में एक बार।",
} satisfies VisitorPrivacy;
