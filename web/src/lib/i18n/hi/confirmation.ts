import type { ConfirmationMessages } from "../confirmation.ts";

export default {
  title: "यह सवाल भेजें?",
  cost: (most) => `जवाब की लागत ${most} तक हो सकती है।`,
  credits: (most) => `इसके लिए क्रेडिट ${most} तक भुगतान करेंगे।`,
  units: (units) => `आपके प्लान से लगेगा: ${units}।`,
  ownKey: "इसका भुगतान आपकी अपनी कुंजी से होगा।",
  send: "भेजें",
  cancel: "रद्द करें",
} satisfies ConfirmationMessages as ConfirmationMessages;
