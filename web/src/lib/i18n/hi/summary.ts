import type { SummaryMessages } from "../summary.ts";

export default {
  line: "पिछले संदेशों का सारांश है",
  read: "पढ़ें",
  readLabel: "पिछले संदेशों का सारांश पढ़ें",
  title: "पिछले संदेशों का सारांश",
  lead: "जब ऊपर के संदेश मॉडल के लिए बहुत लंबे हो जाते हैं, तो वे उनकी जगह इसे पढ़ते हैं। सभी संदेश यहाँ बने रहते हैं।",
  written: (day, model) => `${day} को ${model} ने लिखा`,
  settings: "सारांश सेटिंग में बंद करें",
} satisfies SummaryMessages as SummaryMessages;
