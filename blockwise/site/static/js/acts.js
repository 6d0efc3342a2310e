/** What is done in the case panel: once, on the case it was meant for, and said where it fails. */
import { caseIn, joined, mark, note, offer, openForm, putBack, settled, stash, there } from "./drafts.js";
import { fill, nameOf, touched, written } from "./fields.js";
import { say } from "./said.js";
import { load, placeOf } from "./swap.js";
import { word } from "./words.js";

const panel = document.getElementById("case");
const lost = new Map(); // what had no answer is sent again as it was, so that it is done once
const flying = new Map(); // what was sent a moment ago: pressed twice it is one
const TWICE = 1000; // ms after its answer in which the same is the same

const caseOf = (ctx) => caseIn(ctx.request.action);

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

function sending({ detail: { ctx } }) {
  const { form, body } = ctx.request;
  if (ctx.request.method === "GET" || !form?.elements.key) return;
  ctx.name = nameOf(form);
  ctx.sign = ctx.request.action + JSON.stringify([...body].filter(([name]) => name !== "key" && name !== "version"));
  ctx.request.body = ctx.sent = lost.get(ctx.sign) ?? flying.get(ctx.sign) ?? body;
  flying.set(ctx.sign, ctx.sent);
  form.elements.key.value = newKey();
  if (form.id !== "note-form") return;
  ctx.note = note().value;
  note().value = "";
}

function landed({ sign, name, sent, response }) {
  lost.delete(sign);
  if (response.status < 400) settled(name);
  const gone = () => flying.get(sign) === sent && flying.delete(sign);
  if (response.status < 400) setTimeout(gone, TWICE);
  else gone(); // what was refused may be tried again
}

/** An answer, or none: `known` says whether it is known that the act was not done. */
function refused(ctx, known) {
  if (!ctx.sign) return;
  flying.delete(ctx.sign);
  if (!known) lost.set(ctx.sign, ctx.sent);
  if (ctx.note === undefined) return;
  putBack(caseOf(ctx), ctx.note);
}

function swapping(event) {
  const { ctx } = event.detail;
  const { sourceElement: source, request, response } = ctx;
  const id = caseOf(ctx);
  if (request.method === "GET" && placeOf(ctx)?.id === "act-form" && !ctx.quiet && source !== openForm()) stash(); // another takes its place
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
  const came = ctx.request.method === "GET" && placeOf(ctx)?.id === "act-form" && openForm();
  if (came && !ctx.quiet) offer(came);
  else if (placeOf(ctx) === panel) mark();
  if (ctx.response?.status === 409 && form.matches?.(".actform")) renew(form, ctx.request.action);
}

/** The form as the case is now, with what was typed over it. */
async function renew(form, action) {
  const box = form.parentElement;
  const typed = written(form, touched);
  const compared = form.elements.primary ? `?primary=${form.elements.primary.value}` : "";
  await load(action.replace("/act/", "/form/") + compared, box);
  if (box.querySelector("form")) fill(box.querySelector("form"), typed);
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
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => ctx.sign && landed(ctx));
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
