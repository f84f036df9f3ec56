import { messages } from "./language.ts";

const english = {
  /** Why a question was not answered, by the error's code. */
  byCode: {
    network: "The connection failed, so your question wasn’t sent. Your text is still here.",
    session_not_renewed:
      "The sign-in service isn’t responding, so your question wasn’t sent. Your text is still here, and you stay signed in.",
    conversation_busy: "Another answer is being written in this chat. Send your question when it’s finished.",
    document_not_ready: "A document in this question is still being read. Try again in a moment.",
    attachment_not_ready: "An attached file is still being read. Try again in a moment.",
    quota_exceeded: "You’ve used all answers of this kind in your plan.",
    rate_limited: "Too many requests. Wait a moment and send it again.",
    model_not_in_plan: "This model isn’t in your plan.",
    unknown_model: "This model is no longer available.",
    storage_full: "Your storage is full, so the file can’t be saved.",
    body_too_large: "The question is too large. Send less text or fewer images.",
    invalid_request: "The question wasn’t accepted:",
    account_suspended: "Your account is suspended, so you can’t ask.",
    account_deleting: "Your account is being deleted. Restore it to ask again.",
    email_not_confirmed: "Confirm your email address first. The link is in the email we sent when you signed up.",
    forbidden: "Your account isn’t allowed to do this.",
    unauthenticated: "You’re no longer signed in. Your text is saved. Sign in to send it.",
    idempotency_conflict: "This question was already sent with a different text. Send it again.",
    not_found: "This chat or message no longer exists.",
    busy: "The service is very busy. Try again in a moment.",
    service_paused: "Answers are paused for today. Your text is still here. Try again tomorrow.",
    upstream_unavailable: "We can’t reach the model’s provider. Try again, or ask another model.",
    upstream_error: "The model’s provider had a problem. Try again, or ask another model.",
    model_busy: "This model is busy right now. Try again in a moment, or ask another model.",
    operator_notified: "This model can’t be used right now. We’ve been notified. Ask another model.",
    content_policy_violation:
      "The model’s provider refused this question because of its content rules. Change the question, or ask another model.",
    context_length_exceeded:
      "This is too long for the model. Shorten the question, start a new chat, or ask a model with a larger context window.",
    empty_answer: "The model returned an empty answer. Try again, or ask another model.",
    tokens_used_up:
      "The model used its whole limit on reasoning and wrote no answer. Ask it to be brief, or ask another model.",
    timeout: "This took too long. Try again.",
    internal_error: "Something went wrong on our side. Try again in a moment.",
    unexpected: "Something went wrong on our side. Try again in a moment.",
  } as Record<string, string>,
  textKept: "Your text is still here.",
  retry: "Try again",
  retryIn: (seconds: number) => `Try again in ${seconds} s`,
  askModel: (model: string) => `Ask ${model}`,
  resets: (time: string) => `You get new answers on ${time}.`,
  upgrade: (plan: string) => `Upgrade to ${plan}`,
  plans: "See plans",
  chooseModel: "Choose another model",
  makeRoom: "Free up space",
  mailLink: "Send the link again",
  linkMailed: "The email is on its way.",
  linkNotMailed: "The email couldn’t be sent. Try again in a minute.",
  askWithout: "Ask without documents",
  seeDocument: "Open the document",
  changeQuestion: "Change the question",
  signIn: "Sign in",
  settings: "Open settings",
  billing: "Open billing",
  stopIt: "Stop that answer",
  dismiss: "Dismiss",
  details: "Details",
  requestId: (id: string) => `Request ${id}`,
};

export type Refusals = typeof english;
export const refusal = messages(english, { hi: () => import("./hi/refusal.ts") });
