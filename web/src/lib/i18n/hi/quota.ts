import type { Quotas } from "../quota.ts";

export default {
  quota: "कोटा",
  chip: (used, limit) => `${limit} में से ${used} इस्तेमाल`,
  names: {
    small_messages: "छोटे मॉडलों के जवाब",
    large_messages: "बड़े मॉडलों के जवाब",
    image_generation: "तस्वीरें",
    web_searches: "वेब खोजें",
    tokens: "टोकन",
    cost: "लागत",
  },
  held: (count) => `${count} चल रहे जवाबों के लिए रोके गए।`,
  resets: (time) => `${time} को कोटा फिर से भर जाएगा।`,
  warning: (percent, name) => `${percent}% इस्तेमाल हुआ: ${name}।`,
  spent: (name) => `पूरा इस्तेमाल हो गया: ${name}।`,
  upgradeTo: (plan) => `${plan} पर अपग्रेड करें`,
  upgrade: "बड़े प्लान देखें",
  details: "उपयोग का पूरा ब्योरा",
  dismiss: "हटाएँ",
  today: (used, limit) => `आज: ${limit} में से ${used}`,
} satisfies Quotas as Quotas;
