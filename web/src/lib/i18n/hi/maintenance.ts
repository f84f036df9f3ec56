import type { MaintenanceMessages } from "../maintenance.ts";

export default {
  title: "हम OneAI पर काम कर रहे हैं।",
  until: (time) => `${time} तक लौटने की उम्मीद है।`,
  kept: "आपका लिखा हुआ यहीं रहेगा।",
  status: "स्थिति",
} satisfies MaintenanceMessages as MaintenanceMessages;
