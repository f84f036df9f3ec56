import type { components } from "$types/api";

type Schemas = components["schemas"];

export type Message = Schemas["Message"];
export type Thoughts = Schemas["Thoughts"];
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
