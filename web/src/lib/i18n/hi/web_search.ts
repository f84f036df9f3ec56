import type { WebSearchMessages } from "../web_search.ts";

export default {
  search: "वेब पर खोजें",
  short: "वेब",
  on: (price) => `हर सवाल आपके प्लान की एक वेब खोज ले सकता है। इससे जवाब की लागत ${price} बढ़ती है।`,
  off: "मॉडल वेब पर खोजे बिना जवाब देता है।",
  cannot: (model) => `${model} वेब पर नहीं खोज सकता।`,
  notSaved: "सेटिंग सहेजी नहीं जा सकी। यह केवल आपके अगले सवाल पर लागू होगी।",
  usedUp: "आपके प्लान की सभी वेब खोजें इस्तेमाल हो चुकी हैं।",
  askWithout: "बिना खोजे पूछें",
} satisfies WebSearchMessages as WebSearchMessages;
