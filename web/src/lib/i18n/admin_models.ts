import { messages } from "./language.ts";

const english = {
  lead: "The groups at the top of the model picker. Your patterns come first, the rule of each group fills the rest. Users see a change within ten minutes.",
  rules: {
    recommended: "The default model, then your patterns, then models with at least 70% thumbs up.",
    fast: "Your patterns, then the models with the shortest answers in the last 14 days.",
    smartest: "Your patterns, then the models with the highest price, weighed by their ratings.",
    cheapest: "Your patterns, then the models with the lowest price.",
  },
  first: "Shown first",
  noFirst: "No patterns. The rule alone decides.",
  never: "Never shown",
  noNever: "No patterns.",
  pattern: "Model ID or pattern",
  add: "Add",
  addTo: (list: string) => `Add to: ${list}`,
  moveUp: (pattern: string) => `Move ${pattern} up`,
  moveDown: (pattern: string) => `Move ${pattern} down`,
  remove: (pattern: string) => `Remove ${pattern}`,
  shownAlready: "Shown already",
  notShown: "No model is shown for it",
  result: "Shown now",
  resultOfDraft: "Shown after saving",
  chosenBy: { default: "Default model", pattern: "Newest match of", rule: "Chosen by the rule" },
  noCatalogue: "The models on offer can’t be read right now.",
  noPreview: "The preview couldn’t be loaded.",
  showsNothing: "No model. The picker leaves the group out.",
  unsaved: "Not saved yet.",
  save: "Save",
  saveOf: (group: string) => `Save: ${group}`,
  saveLead: "Every user sees the new order within ten minutes.",
  saved: "The group is saved.",
  discard: "Discard",
};

export type AdminModels = typeof english;
export const adminModels = messages(english, { hi: () => import("./hi/admin_models.ts") });
