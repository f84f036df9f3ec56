import { messages } from "./language.ts";

const english = {
  embed: "Embed code",
  embedLead: "Put it into your website, whose name must be among the chatbot’s websites.",
  embedFor: "For",
  embedKinds: { html: "Any website", react: "React", wordpress: "WordPress" },
  copyCode: "Copy",
  codeHolds: "It has the button’s colour and side, and the language if there is only one.",
  codeChanges: "The draft has another colour, side or language of the button. Publish it, then copy the code again.",
  codeChanged:
    "The button’s colour, side or language has changed. Copy the code again, and replace it in your website.",
  copied: "Copied.",
  notCopied: "The code couldn’t be copied.",
  test: "Open the test page.",
  testLead: "It has nothing but this line. Answers there cost and count as on your website.",
  testLater: "Publish the chatbot to try it on a test page.",
  page: "Page of its own",
  pageLead: "Send the link, or print the code.",
  pageOff: "Switch on “A page of its own” above to get a link and a QR code.",
  pageUnpublished: "Publish the chatbot to open its page.",
  qr: "QR code of the page",
  copyAddress: "Copy the link",
  copyLink: "Copy as HTML",
  saveQr: "Save the QR code",
};

export type ChatbotEmbed = typeof english;
export const chatbotEmbed = messages(english, { hi: () => import("./hi/chatbot_embed.ts") });
