import type { SourceMessages } from "../sources.ts";

export default {
  title: "स्रोत",
  page: (page) => `पेज ${page}`,
  name: (n, name, page) => `स्रोत ${n}: ${name}${page === null ? "" : `, पेज ${page}`}`,
  readInPart: (percent) => `इसका ${percent}% टेक्स्ट पढ़ा गया`,
  open: "अंश खोलें",
  openPage: "पेज खोलें",
  all: (count) => `सभी ${count} दिखाएँ`,
  fewer: "कम दिखाएँ",
} satisfies SourceMessages as SourceMessages;
