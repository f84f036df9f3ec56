import { cleanLine } from "../typed/clean.ts";
import { parseNumber } from "../typed/numbers.ts";
import type { Chatbot, ChatbotChanges, Configuration, Limits, Mode, NewChatbot, UseCase } from "./backend.ts";

export const STEPS = ["purpose", "knowledge", "model", "look", "limits"] as const;
export type Step = (typeof STEPS)[number];

/** The API's fields in each step. A problem with one is shown there. */
const FIELDS: Record<Step, readonly string[]> = {
  purpose: ["name", "description", "use_case"],
  knowledge: ["knowledge"],
  model: ["provider", "model", "fallbacks", "temperature", "max_tokens", "system_prompt"],
  look: ["widget"],
  limits: ["limits"],
};

export const COUNTS = ["visitor_per_hour", "address_per_hour", "answers_per_day", "turns_per_conversation"] as const;
export const MONEY = ["micro_usd_per_day", "micro_usd_per_month"] as const;
export type LimitName = (typeof COUNTS)[number] | (typeof MONEY)[number];

export const LANGUAGES = ["en", "hi", "id"] as const;
export type ChatbotLanguage = (typeof LANGUAGES)[number];
export const PROOFS = ["auto", "always", "never"] as const;
export type ProofOfWork = (typeof PROOFS)[number];
export type Asked = "off" | "optional" | "required";

/** The texts in the form of a chatbot: texts, because half a number is no number. */
export interface ChatbotForm {
  name: string;
  description: string;
  use_case: UseCase | null;
  mode: Mode;
  documents: string[];
  collections: string[];
  model: string;
  fallbacks: string[];
  /** From 0 to 2; empty: the model's own. */
  temperature: string;
  max_tokens: string;
  system_prompt: string;
  title: string;
  /** A `data:` address; empty: none. */
  avatar: string;
  placeholder: string;
  greeting: string;
  away_message: string;
  position: "left" | "right";
  appearance: "auto" | "light" | "dark";
  color: string;
  /** Pixels. */
  radius: number;
  languages: ChatbotLanguage[];
  sources_shown: boolean;
  public_page: boolean;
  form_name: Asked;
  form_email: Asked;
  consent: string;
  /** Websites, one per line. */
  domains: string;
  proof_of_work: ProofOfWork;
  /** Whole numbers, and dollars for money. */
  limits: Record<LimitName, string>;
}

export type FormProblem = "name" | "model" | "temperature" | "max_tokens" | LimitName;

/** The API's defaults, for a chatbot that does not exist yet. The form has no rules of handing off. */
const NEW: Omit<Configuration, "handoff"> = {
  provider: "openrouter",
  model: "",
  fallbacks: [],
  temperature: null,
  max_tokens: 1000,
  system_prompt: "",
  knowledge: {},
  widget: {
    title: null,
    avatar: null,
    placeholder: "",
    greeting: "",
    away_message: "",
    position: "right",
    appearance: "auto",
    color: "#2563eb",
    radius: 12,
    languages: ["en"],
    sources_shown: true,
    public_page: false,
    form: {},
  },
};
const NEW_LIMITS: Required<Limits> = {
  visitor_per_hour: 20,
  address_per_hour: 120,
  answers_per_day: 300,
  turns_per_conversation: 40,
  micro_usd_per_day: 2_000_000,
  micro_usd_per_month: 30_000_000,
};

/** An empty form, or one filled with the draft of a chatbot. */
export function chatbotForm(chatbot?: Chatbot): ChatbotForm {
  const { knowledge, widget, ...draft } = chatbot?.draft ?? NEW;
  const limits = { ...NEW_LIMITS, ...chatbot?.limits };
  const count = (name: (typeof COUNTS)[number]) => String(limits[name]);
  return {
    name: chatbot?.name ?? "",
    description: chatbot?.description ?? "",
    use_case: chatbot?.use_case ?? null,
    mode: knowledge.mode ?? "documents_first",
    documents: [...(knowledge.documents ?? [])],
    collections: [...(knowledge.collections ?? [])],
    model: draft.model,
    fallbacks: [...draft.fallbacks],
    temperature: draft.temperature === null ? "" : String(draft.temperature),
    max_tokens: String(draft.max_tokens),
    system_prompt: draft.system_prompt,
    title: widget.title ?? "",
    avatar: widget.avatar ?? "",
    placeholder: widget.placeholder,
    greeting: widget.greeting,
    away_message: widget.away_message,
    position: widget.position,
    appearance: widget.appearance,
    color: widget.color,
    radius: widget.radius,
    languages: [...widget.languages],
    sources_shown: widget.sources_shown,
    public_page: widget.public_page,
    form_name: widget.form.name ?? "off",
    form_email: widget.form.email ?? "off",
    consent: widget.form.consent ?? "",
    domains: chatbot?.domains.join("\n") ?? "",
    proof_of_work: chatbot?.proof_of_work ?? "auto",
    limits: {
      visitor_per_hour: count("visitor_per_hour"),
      address_per_hour: count("address_per_hour"),
      answers_per_day: count("answers_per_day"),
      turns_per_conversation: count("turns_per_conversation"),
      micro_usd_per_day: dollars(limits.micro_usd_per_day),
      micro_usd_per_month: dollars(limits.micro_usd_per_month),
    },
  };
}

/** The invalid fields of a step. The API checks everything else. */
export function problemsOf(form: ChatbotForm, step: Step): FormProblem[] {
  if (step === "purpose") return cleanLine(form.name) === "" ? ["name"] : [];
  if (step === "model")
    return [
      ...(form.model === "" ? ["model" as const] : []),
      ...(cleanLine(form.temperature) !== "" && numberOf(form.temperature, 2) === null ? ["temperature" as const] : []),
      ...(numberOf(form.max_tokens, 0) === null ? ["max_tokens" as const] : []),
    ];
  if (step !== "limits") return [];
  return [
    ...COUNTS.filter((name) => numberOf(form.limits[name], 0) === null),
    ...MONEY.filter((name) => numberOf(form.limits[name], 6) === null),
  ];
}

/** The body that makes this chatbot. Domains, the proof of work and limits are for owners and admins, so members leave
 *  them out. */
export function newChatbot(form: ChatbotForm, manages: boolean): NewChatbot {
  const { limits, widget, name, model, ...rest } = requestOf(form);
  const { domains: _, proof_of_work: _proof, ...look } = widget;
  return { name, model, ...rest, widget: manages ? widget : look, ...(manages && { limits }) };
}

/** What a form changes of a chatbot; null for nothing. */
export function changesOf(form: ChatbotForm, chatbot: Chatbot): ChatbotChanges | null {
  const changes = different(requestOf(chatbotForm(chatbot)), requestOf(form)) as ChatbotChanges;
  return Object.keys(changes).length > 0 ? changes : null;
}

/** What would be published with this form, for a chatbot with this draft. */
export function configurationOf(form: ChatbotForm, draft: Configuration): Configuration {
  const { widget, model, fallbacks, temperature, max_tokens, system_prompt, knowledge } = requestOf(form);
  const { domains: _, proof_of_work: _proof, ...look } = widget;
  const answering = { model, fallbacks, temperature, max_tokens, system_prompt, knowledge };
  return { ...draft, ...answering, widget: { ...draft.widget, ...look } };
}

/** The step that shows a field of the API, such as `widget.domains.0`; null for a field of none. */
export function stepOf(field: string): Step | null {
  const first = field.split(".")[0] ?? "";
  return STEPS.find((step) => FIELDS[step].includes(first)) ?? null;
}

/** A form as it was stored, with the fields that this version of the app has; null for anything else. */
export function parseForm(text: string, base: ChatbotForm): ChatbotForm | null {
  try {
    const stored = JSON.parse(text) as Record<string, unknown>;
    const same = (name: string, value: unknown) => typeof value === typeof stored[name] || value === null;
    const known = Object.entries(base).map(([name, value]) => [
      name,
      name in stored && same(name, value) ? stored[name] : value,
    ]);
    return Object.fromEntries(known) as ChatbotForm;
  } catch {
    return null;
  }
}

function requestOf(form: ChatbotForm) {
  const typed = numberOf(form.temperature, 2);
  const limits = Object.fromEntries([
    ...COUNTS.map((name) => [name, numberOf(form.limits[name], 0) ?? 0]),
    ...MONEY.map((name) => [name, numberOf(form.limits[name], 6) ?? 0]),
  ]) as Required<Limits>;
  return {
    name: cleanLine(form.name),
    description: form.description.trim(),
    use_case: form.use_case,
    model: form.model,
    fallbacks: form.fallbacks.filter((each) => each !== "" && each !== form.model),
    temperature: typed === null ? null : typed / 100,
    max_tokens: numberOf(form.max_tokens, 0) ?? 0,
    system_prompt: form.system_prompt.trim(),
    knowledge: { mode: form.mode, documents: form.documents, collections: form.collections },
    widget: {
      title: cleanLine(form.title) || null,
      avatar: form.avatar || null,
      placeholder: cleanLine(form.placeholder),
      greeting: form.greeting.trim(),
      away_message: form.away_message.trim(),
      position: form.position,
      appearance: form.appearance,
      color: form.color,
      radius: form.radius,
      languages: form.languages.length > 0 ? form.languages : (["en"] satisfies ChatbotLanguage[]),
      sources_shown: form.sources_shown,
      public_page: form.public_page,
      form: { name: form.form_name, email: form.form_email, consent: form.consent.trim() },
      domains: form.domains.split(/[\s,]+/).filter(Boolean),
      proof_of_work: form.proof_of_work,
    },
    limits,
  };
}

/** The fields of `after` that differ from `before`, and so in each object within. */
function different(before: object, after: object): object {
  const old = before as Record<string, unknown>;
  const entries = Object.entries(after).flatMap(([name, value]) => {
    if (JSON.stringify(value) === JSON.stringify(old[name])) return [];
    const nested = isObject(value) && isObject(old[name]);
    return [[name, nested ? different(old[name] as object, value as object) : (value as unknown)]];
  });
  return Object.fromEntries(entries) as object;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A number as typed, times ten to the power of `decimals`; null for anything else. */
export function numberOf(typed: string, decimals: number): number | null {
  const value = parseNumber(cleanLine(typed).replace(/^(?:US)?\$\s*/i, ""), decimals);
  return typeof value === "number" ? value : null;
}

/** Micro-dollars as dollars are typed: three decimals could mean thousands, so a fourth is added. */
export function dollars(micro_usd: number): string {
  const text = String(micro_usd / 1_000_000);
  return /[.]\d{3}$/.test(text) ? `${text}0` : text;
}
