/** Lets a visitor type while the chat's script loads, which then takes what was typed. */

import { hasTouchKeyboard, isSend } from "../../src/lib/chat/enter.ts";
import type {} from "./typed.ts";
import "./early.css";

const field = document.querySelector("textarea");
if (field) {
  let composing = false;
  let sent = false;
  addEventListener("focus", () => field.focus());
  if (document.hasFocus()) field.focus();
  field.addEventListener("compositionstart", () => (composing = true));
  field.addEventListener("compositionend", () => (composing = false));
  field.addEventListener("keydown", (event) => {
    if (!isSend(event, false) && !(hasTouchKeyboard() && isSend(event, true))) return;
    event.preventDefault();
    if (field.value.trim()) field.readOnly = sent = true;
  });
  window.takeTyped = async () => {
    if (composing) await new Promise((resolve) => field.addEventListener("compositionend", resolve, { once: true }));
    const focused = document.activeElement === field;
    field.form?.remove();
    return { text: field.value, sent, focused };
  };
}
