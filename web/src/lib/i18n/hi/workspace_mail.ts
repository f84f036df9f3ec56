import type { WorkspaceMailTexts } from "../workspace_mail.ts";

export default {
  chatbots: "आपके चैटबॉट",
  saved: "सहेज लिया।",
  kinds: { handoff: "इंतज़ार करते आगंतुक", weekly: "साप्ताहिक रिपोर्ट", budget: "सीमाएँ और बजट", billing: "बिलिंग" },
  hints: {
    handoff: "जब कोई आगंतुक किसी व्यक्ति का इंतज़ार कर रहा हो। एक घंटे में ज़्यादा से ज़्यादा एक ईमेल।",
    weekly: "पिछले हफ़्ते आगंतुकों ने क्या पूछा, और किसका जवाब नहीं मिला।",
    budget: "जब कोई सीमा या चैटबॉट का बजट लगभग या पूरा खर्च हो जाए।",
    billing: "रसीदें, रिफ़ंड और प्लान के बदलाव। भुगतान न हो पाने का ईमेल हमेशा आता है।",
  },
} satisfies WorkspaceMailTexts as WorkspaceMailTexts;
