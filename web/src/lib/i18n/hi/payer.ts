import type { Payer } from "../payer.ts";

export default {
  label: "अगले जवाब का भुगतान कौन करेगा",
  plan: "भुगतान आपके प्लान से",
  credits: "भुगतान क्रेडिट से",
  creditsLeft: (amount) => `भुगतान क्रेडिट से · ${amount} बचे`,
  paidBy: "भुगतान",
  sources: { plan: "प्लान से", credits: "क्रेडिट से", both: "प्लान से, फिर क्रेडिट से", reverse: "क्रेडिट से, फिर प्लान से" },
  left: (amount) => `${amount} के क्रेडिट बचे`,
  change: "बदलें",
  buy: "क्रेडिट खरीदें",
  askOwner: "क्रेडिट केवल मालिक खरीद सकते हैं। अपनी टीम के किसी मालिक से कहें।",
  limits: "सीमाएँ बदलें",
  ofLimit: {
    chatbot: (limit) => `यह चैटबॉट एक महीने में ${limit} के क्रेडिट इस्तेमाल कर सकता है।`,
    member: (limit) => `आप एक महीने में ${limit} के क्रेडिट इस्तेमाल कर सकते हैं।`,
    api_key: (limit) => `यह API कुंजी एक महीने में ${limit} के क्रेडिट इस्तेमाल कर सकती है।`,
  },
  raisedBy: { owner: "इसे कोई मालिक बढ़ा सकता है।", admin: "इसे कोई मालिक या एडमिन बढ़ा सकता है।" },
  again: (time) => `यह ${time} को फिर से शुरू होगी।`,
} satisfies Payer as Payer;
