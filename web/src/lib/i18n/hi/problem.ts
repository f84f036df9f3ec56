import type { Problem } from "../problem.ts";

export default {
  notFoundTitle: "पेज नहीं मिला",
  notFound: "पता गलत हो सकता है, या पेज अब मौजूद नहीं है।",
  offlineTitle: "आप ऑफ़लाइन हैं",
  offline: "यह पेज इस डिवाइस पर नहीं है। हाल में पढ़ी चैट बिना कनेक्शन के भी खुलती हैं।",
  errorTitle: "कुछ गड़बड़ हो गई",
  error: "पेज दिखाया नहीं जा सका। उसे फिर से लोड करें; उससे काम न बने, तो बाद में कोशिश करें।",
  retry: "फिर से लोड करें",
  start: "मुखपृष्ठ पर जाएँ",
  conversations: "अपनी चैट पर जाएँ",
} satisfies Problem as Problem;
