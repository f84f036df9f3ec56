import type { SummaryMessages } from "../summary.ts";

export default {
  line: "पिछले संदेशों का सारांश है",
  read: "पढ़ें",
  readLabel: "पिछले संदेशों का सारांश पढ़ें",
  title: "पिछले संदेशों का सारांश",
  lead: "ऊपर के संदेश मॉडलों के लिए बहुत लंबे हो जाएँ, तो वे उनकी जगह यह पढ़ते हैं। सभी संदेश यहाँ बने रहते हैं।",
  written: (day, model) => `${day} को ${model} ने लिखा`,
  settings: "प्राथमिकताओं में सारांश बंद करें",
} satisfies SummaryMessages as SummaryMessages;
