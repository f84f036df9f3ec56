import { billing } from "../i18n/billing.ts";
import { quota } from "../i18n/quota.ts";
import type { Readable } from "../state/store.ts";

type Sentence = (limitedBy: string | null) => string | null;

/** What limits a refund, in the user's language: time, the new price, or a quota's key. */
export const limitSentence: Readable<Sentence> = {
  subscribe(listen) {
    const say: Sentence = (limitedBy) => {
      const { time, price, quota: ofQuota } = billing.value.limitedBy;
      if (limitedBy === null) return null;
      if (limitedBy === "time" || limitedBy === "price") return { time, price }[limitedBy];
      return ofQuota(quota.value.names[limitedBy] ?? limitedBy);
    };
    const leave = [billing, quota].map((messages) => messages.subscribe(() => listen((limit) => say(limit))));
    return () => leave.forEach((each) => each());
  },
};
