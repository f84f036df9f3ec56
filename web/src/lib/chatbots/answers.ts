import type { components } from "$types/api";
import { api, body } from "../api/client.ts";

type Schemas = components["schemas"];

export type CuratedAnswer = Schemas["CuratedAnswer"];
export type AnswersImported = Schemas["AnswersImported"];
type NewAnswer = Schemas["NewAnswer"];

const PAGE = 50;
const byId = (id: string) => ({ path: { id } });
const byAnswer = (id: string, answer_id: string) => ({ path: { id, answer_id } });

/** The requests for curated answers to the API. Each throws ApiError for a refusal. */
export const answersBackend = {
  list: async (id: string, search: string, cursor: string | null) => {
    const query = { limit: PAGE, ...(search && { search }), ...(cursor && { cursor }) };
    return body((await api()).GET("/api/chatbots/{id}/answers", { params: { ...byId(id), query } }));
  },

  add: async (id: string, made: NewAnswer): Promise<CuratedAnswer> =>
    body((await api()).POST("/api/chatbots/{id}/answers", { params: byId(id), body: made })),

  change: async (id: string, answer: string, changes: NewAnswer): Promise<CuratedAnswer> =>
    body(
      (await api()).PATCH("/api/chatbots/{id}/answers/{answer_id}", { params: byAnswer(id, answer), body: changes }),
    ),

  remove: async (id: string, answer: string): Promise<void> => {
    await body((await api()).DELETE("/api/chatbots/{id}/answers/{answer_id}", { params: byAnswer(id, answer) }));
  },

  importCsv: async (id: string, csv: string): Promise<AnswersImported> =>
    body((await api()).POST("/api/chatbots/{id}/answers/import", { params: byId(id), body: { csv } })),
};
