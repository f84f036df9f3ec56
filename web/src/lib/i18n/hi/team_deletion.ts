import type { TeamDeletion } from "../team_deletion.ts";

export default {
  title: "टीम हटाएँ",
  lead: "इसमें शामिल सभी के लिए। मिटाए जाने तक मालिक इसे वापस ला सकते हैं।",
  open: "यह टीम हटाएँ…",
  day: (day) =>
    `सदस्यों की पहुँच तुरंत खत्म हो जाती है, और ${day} को टीम में सब कुछ मिटा दिया जाता है। तब तक मालिक इसे वापस ला सकते हैं।`,
  erased: "क्या मिटाया जाएगा",
  members: (count) => `सदस्यताएँ: ${count}`,
  content: (chats, documents, size) => `सभी सदस्यों की चैट: ${chats}, दस्तावेज़: ${documents}, कुल ${size}`,
  keys: (count) => `API कुंजियाँ, हमेशा के लिए रद्द: ${count}`,
  kept: (invoices, payments) => `कर कानून के अनुसार इनवॉइस (${invoices}) और भुगतान (${payments}) कई साल रखने होते हैं।`,
  subscriptionEnds: (day) => `प्लान का आगे कोई शुल्क नहीं लिया जाएगा। उसका भुगतान ${day} तक है।`,
  creditsRefunded: (sum) => `हाल में खरीदे गए और बिना इस्तेमाल के क्रेडिट: ${sum} भुगतान में वापस जाएँगे।`,
  creditsLost: (sum) => `क्रेडिट जो नहीं रहेंगे: ${sum}`,
  confirmLabel: "पुष्टि",
  confirm: (slug) => `पुष्टि के लिए ${slug} लिखें`,
  deleteNow: "टीम हटाएँ",
  deleted: "टीम बंद हो गई है।",
  signInOld: "आपने एक घंटे से पहले साइन इन किया था। टीम हटाने के लिए फिर से साइन इन करें।",
  signInAgain: "फिर से साइन इन करें",

  deleting: "यह टीम हटाई जा रही है",
  deletingLead: (day) =>
    `सदस्यों के लिए यह बंद है। ${day} को इसमें सब कुछ मिटा दिया जाएगा। वापस लाने पर भी API कुंजियाँ और निमंत्रण खत्म ही रहेंगे।`,
  restore: "टीम वापस लाएँ",
  restored: "टीम वापस आ गई है।",
} satisfies TeamDeletion as TeamDeletion;
