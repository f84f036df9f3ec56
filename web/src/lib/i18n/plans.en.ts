const plans = {
  /** By the plan's id; a plan that is not here is called as the API says. */
  names: {} as Record<string, string>,
};

export type PlanMessages = typeof plans;
export default plans;
