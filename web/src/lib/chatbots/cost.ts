import type { ListedModel } from "../models.ts";
import type { Mode } from "./backend.ts";

/** What one question is assumed to send and to get, in tokens: the passages of the documents, the question with what was
 *  said before, and an answer of some sentences. */
const PASSAGES = 2_000;
const QUESTION = 400;
const ANSWER = 250;
const QUESTIONS = 1_000;
/** About four letters are a token. */
const LETTERS = 4;

type Asked = { mode: Mode; system_prompt: string; max_tokens: number };
type Prices = Pick<ListedModel, "prompt_micro_usd_per_million" | "completion_micro_usd_per_million">;

/** What the model costs for 1,000 questions, in micro-dollars; null if it has no fixed price. */
export function costOfThousand({ mode, system_prompt, max_tokens }: Asked, model: Prices): number | null {
  const { prompt_micro_usd_per_million: prompt, completion_micro_usd_per_million: completion } = model;
  if (prompt === null || completion === null) return null;
  const read = Math.ceil(system_prompt.length / LETTERS) + QUESTION + (mode === "general" ? PASSAGES / 2 : PASSAGES);
  const written = Math.min(max_tokens || ANSWER, ANSWER);
  return Math.ceil(((read * prompt + written * completion) * QUESTIONS) / 1_000_000);
}

/** Whether the model can say in a field if the documents have an answer, which modes with documents need. */
export function fits(model: Pick<ListedModel, "supported_parameters" | "output_modalities">, mode: Mode): boolean {
  if (!model.output_modalities.includes("text")) return false;
  return mode === "general" || model.supported_parameters.includes("structured_outputs");
}
