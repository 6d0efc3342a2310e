/** Typing ahead. From the key that opens a form until the form is there, what is typed is held in a line of its own: it
 *  commands nothing, is given to the form's fields in order, and stays to be seen when the form does not come. */
import { typing } from "./keys.js";
import { word } from "./words.js";

const FIELDS = "input:not([type=hidden]), select, textarea";
const FOCUSABLE = `:is(${FIELDS}, button, summary, a[href]):not([disabled], [tabindex="-1"])`;
const SIGNS = { Enter: " ⏎ ", Tab: " ⇥ " };

const box = Object.assign(document.createElement("div"), { id: "ahead", hidden: true });
const said = Object.assign(document.createElement("label"), { className: "small", htmlFor: "ahead-text" });
const before = document.createElement("span");
const line = Object.assign(document.createElement("input"), { id: "ahead-text", autocomplete: "off" });
said.setAttribute("role", "status");
box.append(said, before, line);
document.getElementById("side")?.prepend(box);

let ended = []; // pieces of text and, between them, the Enter or Tab that ended each
let meant = ""; // what all of it is meant for
let composed = null; // who waits for a composition to end
let asker = null; // the place whose hits are awaited
const UNTYPED = 3000; // ms in which what is typed is still meant for what did not come
let timer = null;

/** Hold what is typed from now on, for `what`. What was held for something else is gone. */
export function hold(what, held = [], words = "ahead") {
  if (meant !== what) forget();
  settle();
  meant = what;
  ended = [...held, ...ended];
  show(word(words));
  line.focus({ preventScroll: true });
}

function show(words) {
  said.textContent = words;
  before.textContent = ended.map((piece) => SIGNS[piece] ?? piece).join("");
  box.hidden = false;
}

/** Nothing is awaited any more: the next key is a command again. */
export function forget() {
  box.hidden = true;
  line.blur(); // hidden, it would still take the next key
  settle();
  [ended, meant, line.value, composed] = [[], "", "", null];
}

/** What failed before counts no more. */
function settle() {
  clearTimeout(timer);
  delete box.dataset.failed;
}

export const holds = (what) => meant === what;

/** It did not come: what was typed is shown until it is asked for again or put away. Who was about to type commands nothing. */
export function fail(what) {
  if (!holds(what)) return;
  box.dataset.failed = "";
  show(word("aheadkept"));
  timer = setTimeout(() => !ended.length && !line.value && !line.matches("[data-composing]") && forget(), UNTYPED);
}

/** `form` is there: its first field is entered and gets what was typed; an Enter chooses, and never sends a form. */
export function give(what, form) {
  if (!holds(what)) return first(form)?.focus();
  if (line.matches("[data-composing]")) {
    composed = () => give(what, form);
    return;
  }
  const field = first(form);
  const elsewhere = !box.contains(document.activeElement) && typing(document.activeElement) && document.activeElement !== field;
  const pieces = taken();
  if (elsewhere) return write(field, pieces.find((piece) => !SIGNS[piece]) ?? "");
  field?.focus();
  if (field?.value && form.dataset.offered === undefined) field.select?.(); // what is there gives way to what is typed
  play(pieces, form);
}

/** Where a form is entered. */
export const first = (form) => form.querySelector("[data-first]") ?? form.querySelector(FIELDS) ?? form.querySelector("button");

/** The pieces held, which are no longer held. */
export function taken() {
  const pieces = [...ended, line.value].filter(Boolean);
  forget();
  return pieces;
}

/** It was not done: the field that was entered before goes on with what was typed. */
export function back(field) {
  const kept = text();
  field?.focus?.();
  if (kept && field?.form) write(field, kept);
}

/** What is held as one text, and no longer held. */
export const text = () => taken().filter((piece) => !SIGNS[piece]).join(" ");

function play(pieces, form) {
  while (pieces.length) {
    const piece = pieces.shift();
    if (!SIGNS[piece]) write(document.activeElement, piece);
    else if (pressed(piece) && piece === "Tab") step(form);
    if (document.activeElement.closest("form [data-enter]")) return ask(pieces);
  }
}

/** The places that an Enter chooses from are on their way: what comes after it is for the field after the place. */
function ask(pieces = []) {
  asker = document.activeElement;
  hold("placed", pieces);
}

/** `found`: the place was taken. Else it is entered again, and what was typed on stands in the next field. */
function answered(found) {
  if (!holds("placed") || !asker.isConnected) return;
  const pieces = taken();
  if (box.contains(document.activeElement) || document.activeElement === document.body) after(asker).focus();
  if (found) return play(pieces, asker.form);
  const text = pieces.find((piece) => !SIGNS[piece]);
  if (text) write(after(asker), text);
  asker.focus();
}

const after = (place) => [...place.form.querySelectorAll(FIELDS)].find((one) => !one.closest("[data-place]") && one.checkVisibility() && follows(place, one)) ?? place;
const follows = (one, other) => Boolean(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);

/** The key, as the field itself understands it; true when the field leaves it alone. */
const pressed = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));

function step(form) {
  const all = [...form.querySelectorAll(FOCUSABLE)].filter((element) => element.checkVisibility());
  all[all.indexOf(document.activeElement) + 1]?.focus();
}

function write(field, text) {
  if (field.matches("select")) choose(field, text.trim().toLowerCase());
  else if (field.matches("[type=number]")) field.value += text.replace(/\D/g, "");
  else if (field.matches("textarea, input:not([type=checkbox], [type=radio])")) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  else return;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function choose(select, text) {
  const option = [...select.options].find((one) => one.text.toLowerCase().startsWith(text));
  if (option) select.value = option.value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

line.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    event.preventDefault();
    return forget();
  }
  if (!SIGNS[event.key] || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  ended.push(...[line.value, event.key].filter(Boolean));
  line.value = "";
  show(said.textContent);
});
line.addEventListener("compositionstart", () => (line.dataset.composing = ""));
line.addEventListener("compositionend", () => {
  delete line.dataset.composing;
  const resume = composed;
  composed = null;
  if (resume) queueMicrotask(resume);
});

document.addEventListener("placed", () => queueMicrotask(() => answered(true)));
document.addEventListener("notfound", () => queueMicrotask(() => answered(false)));
window.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.closest?.("form [data-enter]")) ask();
});
