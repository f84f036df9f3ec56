/** Prints what the web app makes of each answer to a refresh, and how often ten pages refresh under each clock. */
import { readFileSync } from "node:fs";
import { mock } from "node:test";
import { resultOf } from "../../../web/src/lib/auth/refresh_request.ts";
import {
  isFresh,
  SessionStorage,
  type Tokens,
} from "../../../web/src/lib/auth/tokens.ts";

interface Answer {
  name: string;
  status: number;
  headers?: Record<string, string>;
  body: string;
}
interface Clock {
  name: string;
  offset_hours: number;
  set_hours?: number;
  signs_in?: boolean;
}

const HOUR = 3600;
const NOW = Date.UTC(2026, 10, 25, 12) / 1000;
const casesOf = <T>(file: string): T[] =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as T[];

const answers: Record<string, unknown> = {};
for (const { name, status, headers = {}, body } of casesOf<Answer>(
  "answers.json",
)) {
  answers[name] = await resultOf(new Response(body, { status, headers }));
}

const clocks: Record<string, number> = {};
mock.timers.enable({ apis: ["Date"] });
for (const { name, offset_hours, set_hours = 0, signs_in } of casesOf<Clock>(
  "clocks.json",
)) {
  const kept = new Map<string, string>();
  globalThis.localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  } as unknown as Storage;
  const setClock = (hours: number) =>
    mock.timers.setTime(Math.max(0, (NOW + hours * HOUR) * 1000));
  // As the server sends them: it knows nothing of the device's clock.
  const tokens = {
    access_token: "a",
    refresh_token: "b",
    expires_in: HOUR,
    expires_at: NOW + HOUR,
    user: { id: "u" },
  };
  const storage = new SessionStorage();
  setClock(offset_hours);
  if (signs_in) storage.keep(tokens as unknown as Tokens);
  else kept.set("oneai.session", JSON.stringify(tokens));
  setClock(offset_hours + set_hours);
  clocks[name] = 0;
  for (let page = 0; page < 10; page++) {
    if (isFresh(storage.tokens()!)) continue;
    clocks[name]++;
    storage.keep({
      ...tokens,
      expires_at: NOW + set_hours * HOUR + HOUR,
    } as unknown as Tokens);
  }
}
console.log(JSON.stringify({ answers, clocks }));
