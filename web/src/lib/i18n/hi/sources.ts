import type { SourceMessages } from "../sources.ts";

export default {
  title: "स्रोत",
  page: (page) => `पृष्ठ ${page}`,
  name: (n, name, page) => `स्रोत ${n}: ${name}${page === null ? "" : `, पृष्ठ ${page}`}`,
  readInPart: (percent) => `इसका ${percent} % पाठ पढ़ा गया`,
  open: "अंश खोलें",
  openPage: "पेज खोलें",
  all: (count) => `सभी ${count} दिखाएँ`,
  fewer: "कम दिखाएँ",
} satisfies SourceMessages as SourceMessages;
