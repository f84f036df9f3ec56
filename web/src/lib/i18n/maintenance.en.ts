const maintenance = {
  title: "We are working on OneAI.",
  until: (time: string) => `Expected to be back at ${time}.`,
  kept: "What you have typed stays here.",
  status: "Status",
};

export type MaintenanceMessages = typeof maintenance;
export default maintenance;
