import type { Quotas } from "./quota.en.ts";

export default {
  quota: "कोटा",
  chip: (used, limit) => `${limit} में से ${used}`,
  names: {
    small_messages: "छोटे मॉडलों के जवाब",
    large_messages: "बड़े मॉडलों के जवाब",
    image_generation: "तस्वीरें",
    tokens: "टोकन",
    cost: "लागत",
  },
  used: "इस्तेमाल हुए",
  held: "चल रहे जवाबों के लिए रोके गए",
  limit: "सीमा",
  resets: (time) => `नए ${time} से`,
  warning: (percent, name) => `आपने ${percent} % इस्तेमाल कर लिया है: ${name}।`,
  spent: (name) => `कुछ भी बाकी नहीं है: ${name}।`,
  upgradeTo: (plan) => `${plan} पर अपग्रेड करें`,
  upgrade: "बड़े प्लान देखें",
  details: "उपयोग का पूरा ब्योरा",
  dismiss: "हटाएँ",
  today: (used, limit) => `आज: ${limit} में से ${used}`,
} satisfies Quotas as Quotas;
