import type { ChatbotEmbed } from "../chatbot_embed.ts";

export default {
  embed: "एम्बेड कोड",
  embedLead: "इसे अपनी वेबसाइट में लगाएँ, जिसका नाम चैटबॉट की वेबसाइटों में होना चाहिए।",
  embedFor: "किसके लिए",
  embedKinds: { html: "कोई भी वेबसाइट", react: "React", wordpress: "WordPress" },
  copyCode: "कॉपी करें",
  copied: "कॉपी हुआ।",
  notCopied: "कोड कॉपी नहीं हो सका।",
  test: "टेस्ट पेज खोलें।",
  testLead: "उसमें सिर्फ़ यह पंक्ति है। वहाँ के जवाबों का खर्च और गिनती आपकी वेबसाइट जैसी है।",
  testLater: "टेस्ट पेज पर आज़माने के लिए चैटबॉट प्रकाशित करें।",
  page: "अपना पेज",
  pageLead: "लिंक भेजें, या कोड छापें।",
  pageOff: "लिंक और QR कोड पाने के लिए ऊपर “अपना एक पेज” चालू करें।",
  pageUnpublished: "पेज खोलने के लिए चैटबॉट प्रकाशित करें।",
  qr: "पेज का QR कोड",
  copyAddress: "लिंक कॉपी करें",
  copyLink: "HTML के रूप में कॉपी करें",
  saveQr: "QR कोड सहेजें",
} satisfies ChatbotEmbed;
