/** A chatbot as its visitors meet it: `GET /api/widget/{public_id}`. */
export interface Configuration {
  title: string;
  /** A `data:` address of a picture; null: none. */
  avatar: string | null;
  greeting: string;
  /** Empty: the widget's own words. */
  placeholder: string;
  away_message: string;
  appearance: "auto" | "light" | "dark";
  color: string;
  radius: number;
  languages: string[];
  form: { name: Asked; email: Asked; consent: string };
  /** Who is responsible; null: a person without a name. */
  workspace: string | null;
  /** Whether it says that OneAI runs it. */
  branded: boolean;
  /** `offline`: it is paused or has no plan. */
  mode: "online" | "offline";
  /** How many days after the last message conversations are kept. */
  kept_days: number;
}

export type Asked = "off" | "optional" | "required";

/** The language for a visitor: the first of those wanted that the chatbot speaks, else its own first. */
export function languageOf(spoken: readonly string[], wanted: readonly (string | null)[]): string {
  const short = wanted.map((each) => each?.slice(0, 2).toLowerCase());
  return short.find((each) => each !== undefined && spoken.includes(each)) ?? spoken[0] ?? "en";
}

const RIGHT_TO_LEFT = ["ar", "fa", "he", "ur"];

/** The direction in which a language is written. */
export function directionOf(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.includes(language) ? "rtl" : "ltr";
}
