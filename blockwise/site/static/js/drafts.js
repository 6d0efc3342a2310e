/** What was begun in the case panel stays with its case: notes, forms left open, and forms that were put away, each until
 *  it is sent or discarded. */
import { begun, fill, nameOf, touched, written } from "./fields.js";
import { also, claim } from "./kept.js";
import { word } from "./words.js";

const panel = document.getElementById("case");
const notes = new Map(); // by case
const forms = new Map(); // left open, by case
const away = new Map(); // what was typed into forms that were put away, by what they are for
const wired = new Promise((resolve) => document.addEventListener("htmx:after:process", resolve, { once: true })); // before, a button of the page fetches nothing

export const openForm = () => panel.querySelector("#act-form > form");
export const note = () => document.getElementById("note-text");
export const caseIn = (address) => Number(address.match(/\/(?:console|cases)\/(\d+)\//)?.[1]) || null;
export const joined = (...texts) => texts.filter(Boolean).join(" ");

/** The case that the panel shows. */
export const there = () => Number(panel.querySelector("[data-case].panel")?.dataset.case) || null;

/** Keep the note and the form that were begun on the case that is left. */
export function keepDraft() {
  const form = openForm();
  if (form && begun(form)) forms.set(there(), form);
  else forms.delete(there());
  if (!note()) return;
  if (note().value) notes.set(there(), note().value);
  else notes.delete(there());
}

export function giveDraft() {
  if (note() && notes.has(there())) note().value = notes.get(there());
  const form = forms.get(there());
  if (form) panel.querySelector("#act-form")?.replaceChildren(form);
  forms.delete(there());
  mark();
  for (const [name, typed] of away) {
    if (!typed.open || caseIn(name) !== there()) continue;
    delete typed.open;
    wired.then(() => caseIn(name) === there() && openerOf(name)?.click());
  }
}

/** What confirms a comparison is meant for that one alone, and is not kept. */
const keeps = (form) => form && begun(form) && form.elements.primary?.type !== "hidden";

/** The open form is put away: what was typed into it is offered when it is opened again. */
export function putAway() {
  stash();
  clear();
}

/** Another form takes its place. */
export function stash() {
  const form = openForm();
  if (keeps(form)) away.set(nameOf(form), written(form, touched));
}

export function discard() {
  if (openForm()) away.delete(nameOf(openForm()));
  clear();
}

function clear() {
  document.getElementById("act-form")?.replaceChildren();
  document.getElementById("refusal")?.replaceChildren();
  mark();
}

/** A form that came in gets what was typed into it before. */
export function offer(form) {
  const typed = away.get(nameOf(form));
  if (!typed) return;
  away.delete(nameOf(form));
  fill(form, typed);
  form.dataset.offered = "";
  mark();
}

/** It was sent. */
export function settled(name) {
  away.delete(name);
  for (const [id, form] of forms) if (nameOf(form) === name) forms.delete(id);
}

/** The buttons of forms that were begun say so. */
export function mark() {
  const names = [...away.keys()].map((name) => name.split("?")[0].replace("/act/", "/form/"));
  for (const button of panel.querySelectorAll("button[hx-get*='/form/']")) {
    const kept = names.includes(button.getAttribute("hx-get"));
    button.toggleAttribute("data-begun", kept);
    if (kept) button.title = word("begun");
    else button.removeAttribute("title");
  }
}

const openerOf = (name) => panel.querySelector(`button[hx-get="${name.split("?")[0].replace("/act/", "/form/")}"]`);

/** A note for a case that came in: into its box, where that is there. */
export function addNote(id, text) {
  if (id !== there() || !note()) return void notes.set(id, joined(notes.get(id), text));
  note().value = joined(note().value, text);
  note().focus();
}

/** A note that was not added, before what was typed since. */
export function putBack(id, text) {
  if (id === there() && note()) note().value = joined(text, note().value);
  else notes.set(id, joined(text, notes.get(id)));
}

const noteOf = (id) => `/console/${id}/act/note`;

also(() => {
  keepDraft();
  const open = [...forms.values()].filter(keeps).map((form) => ({ name: nameOf(form), open: true, ...written(form, touched) }));
  const texts = [...notes].map(([id, text]) => ({ name: noteOf(id), fields: [["note", text]] }));
  return [...texts, ...open, ...[...away].map(([name, typed]) => ({ name, ...typed }))];
});
for (const { name, ...typed } of claim(/^\/console\/\d+\//)) {
  if (name === noteOf(caseIn(name))) notes.set(caseIn(name), typed.fields[0][1]);
  else away.set(name, typed);
}
