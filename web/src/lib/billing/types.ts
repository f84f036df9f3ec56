import type { components } from "$types/api";

type Schemas = components["schemas"];

export type BillingDetails = Schemas["BillingDetails"];
export type CancellationPreview = Schemas["CancellationPreview"];
export type CheckoutSession = Schemas["CheckoutSession"];
export type Confirmation = Schemas["CheckoutConfirmation"];
export type Currency = Schemas["Currency"];
export type FieldErrorCode = Schemas["FieldErrorCode"];
export type HistoryEntry = Schemas["Change"];
export type Invoice = Schemas["Invoice"];
export type NewBillingDetails = Schemas["NewBillingDetails"];
export type NewSubscription = Schemas["NewSubscription"];
export type Period = Schemas["Period"];
export type Plan = Schemas["OfferedPlan"];
export type PlanChangePreview = Schemas["PlanChangePreview"];
/** The plans of this kind of workspace, and `every` plan. */
export type PlanList = Schemas["PlanList"] & { every: Plan[] };
export type PlanPrice = Schemas["PlanPrice"];
export type ProviderTerms = Schemas["ProviderTerms"];
export type Replacement = Schemas["Replacement"];
export type Subscription = Schemas["CurrentSubscription"];
