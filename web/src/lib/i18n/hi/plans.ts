import type { PlanMessages } from "../plans.ts";

export default {
  names: { free: "फ़्री", pro: "प्रो", enterprise: "एंटरप्राइज़" },
} satisfies PlanMessages as PlanMessages;
