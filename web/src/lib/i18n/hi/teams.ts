import type { Teams } from "../teams.ts";

export default {
  create: "टीम बनाएँ",
  switcher: (name) => `वर्कस्पेस: ${name}`,
  workspaces: "वर्कस्पेस",
  personal: "निजी",
  settings: "टीम की सेटिंग",
  roles: { owner: "मालिक", admin: "एडमिन", member: "सदस्य", viewer: "दर्शक" },

  newTitle: "टीम बनाएँ",
  newLead: "टीम का एक ही प्लान होता है। उसके दस्तावेज़ और सदस्यों की शेयर की गई चैट सबके लिए होती हैं।",
  name: "टीम का नाम",
  industry: "उद्योग (वैकल्पिक)",
  industryHint: "जैसे खुदरा, शिक्षा या सॉफ़्टवेयर।",
  createNow: "टीम बनाएँ",
} satisfies Teams as Teams;
