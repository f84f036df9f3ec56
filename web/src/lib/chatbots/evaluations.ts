import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];

export type Evaluation = Schemas["Evaluation"];
export type EvaluationRun = Schemas["EvaluationRun"];
export type EvaluationRunDetail = Schemas["EvaluationRunDetail"];
export type EvaluationResult = Schemas["EvaluationResult"];
export type NewEvaluation = Schemas["NewEvaluation"];
export type RunVersion = EvaluationRun["version"];
export type Quote = Schemas["Quote"];

const byId = (id: string) => ({ path: { id } });

/** The requests for evaluations and their runs to the API. Each throws ApiError for a refusal. */
export const evaluationsBackend = {
  list: async (id: string) => body((await api()).GET("/api/chatbots/{id}/evaluations", { params: byId(id) })),

  add: async (id: string, made: Partial<NewEvaluation>): Promise<Evaluation> =>
    body((await api()).POST("/api/chatbots/{id}/evaluations", { params: byId(id), body: made as NewEvaluation })),

  change: async (id: string, evaluation_id: string, changes: Schemas["EvaluationChanges"]): Promise<Evaluation> =>
    body(
      (await api()).PATCH("/api/chatbots/{id}/evaluations/{evaluation_id}", {
        params: { path: { id, evaluation_id } },
        body: changes,
      }),
    ),

  remove: async (id: string, evaluation_id: string): Promise<void> => {
    await body(
      (await api()).DELETE("/api/chatbots/{id}/evaluations/{evaluation_id}", {
        params: { path: { id, evaluation_id } },
      }),
    );
  },

  quote: async (id: string, version: RunVersion): Promise<Quote> =>
    (await body(
      (await api()).POST("/api/chatbots/{id}/evaluation-runs", {
        params: { ...byId(id), query: { preview: true } },
        body: { version },
      }),
    )) as unknown as Quote,

  start: async (id: string, version: RunVersion): Promise<EvaluationRun> =>
    (await body(
      (await api()).POST("/api/chatbots/{id}/evaluation-runs", { params: byId(id), body: { version } }),
    )) as unknown as EvaluationRun,

  /** The newest run of a version or of the draft, with its results; null if there is none. */
  newest: async (id: string, version: RunVersion): Promise<EvaluationRunDetail | null> => {
    const query = { version, limit: 1 };
    const { items } = await body(
      (await api()).GET("/api/chatbots/{id}/evaluation-runs", { params: { ...byId(id), query } }),
    );
    const [run] = items;
    if (!run) return null;
    const path = { id, run_id: run.run_id };
    return body((await api()).GET("/api/chatbots/{id}/evaluation-runs/{run_id}", { params: { path } }));
  },

  cancel: async (id: string, run_id: string): Promise<void> => {
    await body(
      (await api()).POST("/api/chatbots/{id}/evaluation-runs/{run_id}/cancel", { params: { path: { id, run_id } } }),
    );
  },
};

/** The results of two runs by question, in the order of the later run, and then what only the earlier one asked. */
export function sideBySide(
  before: Pick<EvaluationRunDetail, "results"> | null,
  after: Pick<EvaluationRunDetail, "results"> | null,
): { id: string; question: string; before: EvaluationResult | null; after: EvaluationResult | null }[] {
  const of = (run: typeof before, id: string) => run?.results.find((each) => each.evaluation_id === id) ?? null;
  const later = after?.results ?? [];
  const earlierAlone = (before?.results ?? []).filter((each) => !of(after, each.evaluation_id));
  return [...later, ...earlierAlone].map(({ evaluation_id: id, question }) => ({
    id,
    question,
    before: of(before, id),
    after: of(after, id),
  }));
}

/** Whether the later answer fails a check that the earlier one passed. */
export function isWorse(before: EvaluationResult | null, after: EvaluationResult | null): boolean {
  return before?.state === "passed" && after?.state === "not_passed";
}
