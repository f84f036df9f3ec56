import type { Common } from "./common.en.ts";

export default {
  close: "बंद करें",
  cancel: "रद्द करें",
  save: "सहेजें",
  retry: "फिर कोशिश करें",
  loading: "लोड हो रहा है…",
  copy: "कॉपी करें",
  copied: "कॉपी हो गया",
  offline: "आप ऑफ़लाइन हैं। जो आपने पिछली बार पढ़ा था वह यहाँ है; दोबारा ऑनलाइन होने पर आप पूछ सकेंगे।",
  newVersion: "इस पेज का नया संस्करण तैयार है।",
  reload: "फिर से लोड करें",
  signIn: "साइन इन करें",
  signUp: "खाता बनाएँ",
  signOut: "साइन आउट करें",
  errors: {
    network: "कनेक्शन नहीं हो पाया। इंटरनेट देखें और फिर कोशिश करें।",
    unexpected: "यहाँ कुछ गड़बड़ हो गई। फिर कोशिश करें; अगर समस्या बनी रहे, तो हमें अनुरोध की संख्या बताएँ।",
  },
  requestId: (id) => `अनुरोध ${id}`,
} satisfies Common as Common;
