import type { MaintenanceMessages } from "../maintenance.ts";

export default {
  title: "OneAI का रखरखाव चल रहा है।",
  until: (time) => `${time} तक लौटने की उम्मीद है।`,
  kept: "आपका लिखा हुआ सुरक्षित है।",
  status: "स्थिति",
} satisfies MaintenanceMessages as MaintenanceMessages;
