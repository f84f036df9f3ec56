import type { components } from "$types/api";
import type { LiveAnswer } from "./live_answer.ts";

type Schemas = components["schemas"];

export type Message = Schemas["Message"];
export type MessagePage = Schemas["MessagePage"];
export type Question = Schemas["Question"];
export type Attachment = Schemas["Attachment"];
export type ListedModel = Schemas["ListedModel"];
export type Revision = Schemas["Revision"];
export type Receipt = Schemas["Receipt"];
export type Quote = Schemas["Quote"];
export type QuotaUsage = Schemas["QuotaUsage"];
export type QuotaStatus = Schemas["QuotaStatus"];
export type Conversation = Schemas["Conversation"];
export type ConversationDetail = Schemas["ConversationDetail"];
export type ErrorBody = Schemas["Error"];

/** The events of the stream of one answer. */
export type AnswerEvent =
  | { event: "start"; data: Schemas["StartEvent"] }
  | { event: "sources"; data: Schemas["SourcesEvent"] }
  | { event: "delta"; data: { text: string }; position: number }
  | { event: "reasoning"; data: { text: string } }
  | { event: "done"; data: Schemas["DoneEvent"] }
  | { event: "error"; data: Schemas["ErrorEvent"] };

/** A message as the page shows it. */
export interface ShownMessage extends Message {
  /** Stays the same when a message that was sent here gets its id from the API, so that nothing is drawn anew. */
  key: string;
  /** The answer while it is being written. */
  live?: LiveAnswer | undefined;
  /** Answers of several models to one question, side by side, until one of them is chosen. The first is this message. */
  compared?: LiveAnswer[] | undefined;
  /** What the model thought aloud, as this page heard it; the API does not keep it. */
  reasoning?: string;
  /** Why there is no answer, or only a part of one. */
  failure?: Partial<ErrorBody>;
  requestId?: string;
  /** A sentence of the API about an answer that has no text. */
  notice?: string | null;
}
