/** What is done in the case panel: once, on the case it was meant for, and said where it fails. What is typed stays. */
import { say } from "./said.js";
import { load, placeOf } from "./swap.js";
import { word } from "./words.js";

const panel = document.getElementById("case");
const lost = new Map(); // what had no answer is sent again as it was, so that it is done once
const drafts = new Map(); // notes begun, by case

const note = () => document.getElementById("note-text");
const caseOf = (ctx) => Number(ctx.request.action.match(/\/(?:console|cases)\/(\d+)\//)?.[1]) || null;
const joined = (...texts) => texts.filter(Boolean).join(" ");

/** The case that the panel shows. */
export const there = () => Number(panel.querySelector("[data-case].panel")?.dataset.case) || null;

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Keep the note begun on the case that is left. */
export function keepDraft() {
  if (!note()) return;
  if (note().value) drafts.set(there(), note().value);
  else drafts.delete(there());
}

export function giveDraft() {
  if (note() && drafts.has(there())) note().value = drafts.get(there());
}

function sending({ detail: { ctx } }) {
  const { form, body } = ctx.request;
  if (ctx.request.method === "GET" || !form?.elements.key) return;
  ctx.sign = ctx.request.action + JSON.stringify([...body].filter(([name]) => name !== "key" && name !== "version"));
  ctx.request.body = ctx.sent = lost.get(ctx.sign) ?? body;
  form.elements.key.value = newKey();
  if (form.id !== "note-form") return;
  ctx.note = note().value;
  note().value = "";
}

/** An answer, or none: `known` says whether it is known that the act was not done. */
function refused(ctx, known) {
  if (!ctx.sign) return;
  if (!known) lost.set(ctx.sign, ctx.sent);
  if (ctx.note === undefined) return;
  const id = caseOf(ctx);
  if (id === there() && note()) note().value = joined(ctx.note, note().value);
  else drafts.set(id, joined(ctx.note, drafts.get(id)));
}

function swapping(event) {
  const { ctx } = event.detail;
  const { sourceElement: source, request, response } = ctx;
  const id = caseOf(ctx);
  if (event.defaultPrevented || request.method === "GET" || !id) return;
  if (!source.isConnected || id !== there() || panel.inert) {
    event.preventDefault(); // another case is on the screen by now
    if (response.status >= 400) say(joined(undone(ctx), wordsOf(ctx.text)), id);
  } else if (placeOf(ctx) === panel) {
    for (const part of panel.querySelectorAll("[hx-morph-skip]")) {
      if (part.id === "refusal" || (part !== source && part.contains(source))) part.removeAttribute("hx-morph-skip"); // comes back with the answer
    }
  }
}

function swapped({ detail: { ctx } }) {
  const form = ctx.sourceElement;
  if (ctx.response?.status === 409 && form.matches?.(".actform")) renew(form, ctx.request.action);
}

/** The form as the case is now, with what was typed over it. */
async function renew(form, action) {
  const box = form.parentElement;
  const typed = [...form.elements].filter(touched).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]);
  await load(action.replace("/act/", "/form/"), box);
  for (const [name, value] of typed) {
    const input = box.querySelector(`[name="${CSS.escape(name)}"]`);
    if (input) input[input.type === "checkbox" ? "checked" : "value"] = value;
  }
}

function touched(input) {
  if (!input.name || input.type === "hidden") return false;
  if (input.type === "checkbox") return input.checked !== input.defaultChecked;
  if (input.tagName !== "SELECT") return input.value !== input.defaultValue;
  const [first] = input.options;
  return input.value !== ([...input.options].find((option) => option.defaultSelected) ?? first)?.value;
}

function undone(ctx) {
  const { sourceElement: source } = ctx;
  const act = source.dataset.keyWords ?? source.querySelector("[data-key-words]")?.dataset.keyWords ?? source.querySelector("button")?.textContent;
  return word("undone", { act: (act ?? "").trim() });
}

function wordsOf(html) {
  const piece = document.createElement("template");
  piece.innerHTML = html;
  return piece.content.textContent.replace(/\s+/g, " ").trim().slice(0, 240);
}

document.addEventListener("htmx:config:request", sending);
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => ctx.sign && lost.delete(ctx.sign));
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => refused(ctx, ctx.response.status < 500));
document.addEventListener("htmx:error", ({ detail: { ctx } }) => refused(ctx, false));
document.addEventListener("htmx:before:swap", swapping);
document.addEventListener("htmx:after:swap", swapped);
document.addEventListener("unanswered", ({ detail: { ctx, words } }) => say(joined(undone(ctx), word(words)), caseOf(ctx)));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target !== note() || event.target.value) return;
  event.preventDefault(); // an empty note is the end of them
  event.target.blur();
});
