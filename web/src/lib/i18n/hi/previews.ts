import type { PreviewMessages } from "../previews.ts";

export default {
  kinds: { html: "वेब पेज", svg: "SVG तस्वीर", mermaid: "आरेख" },
  view: "दृश्य",
  preview: "पूर्वावलोकन",
  code: "कोड",
  both: "साथ-साथ",
  download: (name) => `${name} डाउनलोड करें`,
  again: "फिर से चलाएँ",
  noNetwork: (hosts) =>
    `पूर्वावलोकन में नेटवर्क नहीं होता, इसलिए यह पेज ${hosts} से जो लेता है, वह यहाँ नहीं दिखता। सब कुछ देखने के लिए फ़ाइल डाउनलोड करके खोलें।`,
} satisfies PreviewMessages as PreviewMessages;
