import type { TeamUsage } from "../team_usage.ts";

export default {
  pool: "आपकी टीम के कोटे",
  you: (used) => `आप: ${used}`,
  yourShare: (used, limit) => `आप: अपने ${limit} में से ${used}`,
  poolSpent: (name) => `आपकी टीम ने पूरा इस्तेमाल कर लिया: ${name}।`,
  poolNear: (percent, name) => `आपकी टीम ने ${percent}% इस्तेमाल कर लिया: ${name}।`,
  shareSpent: (name) => `आपने टीम के कोटे का अपना हिस्सा पूरा इस्तेमाल कर लिया: ${name}।`,
  shareNear: (percent, name) => `आपने अपने हिस्से का ${percent}% इस्तेमाल कर लिया: ${name}।`,
  askOwner: "कोई मालिक सीटें जोड़ सकता है।",
  askAdmin: "कोई एडमिन आपका हिस्सा बढ़ा सकता है।",
  addSeats: "सीटें जोड़ें",
  choosePlan: "प्लान चुनें",
  byMember: "सदस्य के अनुसार",
  byMemberLead: "मौजूदा अवधियों में हर सदस्य का उपयोग।",
  member: "सदस्य",
  limits: "सदस्य और सीमाएँ",
} satisfies TeamUsage as TeamUsage;
