/** A website of ours with nothing but the widget, at the widget's own origin: `/widget-test.html?chatbot=…`, with the
 *  other attributes of the embed code, and `page` for its own language. It is no page of the app, so that the script runs
 *  where no one is signed in. */

import "./style.css";
import { TEXTS } from "./texts.ts";

const ATTRIBUTES = ["chatbot", "color", "position", "language"] as const;

const asked = new URLSearchParams(location.search);
const language = asked.get("page") === "hi" ? "hi" : "en";
const texts = TEXTS[language];
const script = document.createElement("script");
script.async = true;
for (const name of ATTRIBUTES) {
  const value = asked.get(name);
  if (value) script.dataset[name] = value;
}
const known = /^[a-z0-9]{20}$/.test(script.dataset.chatbot ?? "");

document.documentElement.lang = language;
document.title = texts.title;
show("title", texts.title);
show("lead", known ? texts.lead : texts.missing);
if (known) {
  show("line", texts.line);
  for (const point of texts.points) {
    const item = document.createElement("li");
    item.textContent = point;
    element("points").append(item);
  }
  script.src = "/widget.js";
  const attributes = [...script.attributes].filter(({ name }) => name.startsWith("data-"));
  const line = attributes.map(({ name, value }) => `${name}="${value}"`).join(" ");
  show("code", `<script src="${location.origin}/widget.js" ${line} async></${"script"}>`);
  document.body.append(script);
} else {
  element("line").remove();
  element("code").remove();
  element("points").remove();
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}

function show(id: string, text: string): void {
  element(id).textContent = text;
}
