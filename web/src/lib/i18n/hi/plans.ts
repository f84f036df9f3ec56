import type { PlanMessages } from "../plans.ts";

export default {
  names: { free: "फ़्री", none: "कोई प्लान नहीं", pro: "प्रो", team: "टीम", enterprise: "एंटरप्राइज़" },
} satisfies PlanMessages as PlanMessages;
