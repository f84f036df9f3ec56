import type { PictureMessages } from "../pictures.ts";

export default {
  enlarge: (picture) => `बड़ा करें: ${picture}`,
  download: (picture) => `डाउनलोड करें: ${picture}`,
  change: (picture) => `यह तस्वीर बदलें: ${picture}`,
  changeShort: "यह तस्वीर बदलें",
  position: (position, count) => `${count} में से तस्वीर ${position}`,
  previous: "पिछली तस्वीर",
  next: "अगली तस्वीर",
  failed: "तस्वीर लोड नहीं हो सकी। फिर कोशिश करें।",
} satisfies PictureMessages as PictureMessages;
