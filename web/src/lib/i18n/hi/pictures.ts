import type { PictureMessages } from "../pictures.ts";

export default {
  enlarge: (picture) => `बड़ा करें: ${picture}`,
  download: (picture) => `डाउनलोड करें: ${picture}`,
  change: (picture) => `इस चित्र को बदलें: ${picture}`,
  changeShort: "इस चित्र को बदलें",
  position: (position, count) => `${count} में से चित्र ${position}`,
  previous: "पिछला चित्र",
  next: "अगला चित्र",
  failed: "चित्र लोड नहीं हो सका। फिर कोशिश करें।",
} satisfies PictureMessages as PictureMessages;
