/** What was typed outlives a switch of the language: it is kept in this tab for just that moment, and given back once.
 *  Whoever leaves the page in another way is asked first, because nothing that was typed stays on the machine. */
import { begun, fill, nameOf, written } from "./fields.js";

const KEY = "typed";
const sources = []; // of what was typed elsewhere than in a form of the page

let typed = take();
let leaves = null; // the form that is sent by leaving

function take() {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return text ? JSON.parse(text) : [];
}

/** What was typed into forms of such names, as records of `also`: who claims it keeps it from now on. */
export function claim(pattern) {
  const mine = typed.filter(({ name }) => pattern.test(name));
  typed = typed.filter((record) => !mine.includes(record));
  return mine;
}

/** `source` gives a record for each form that was begun: its name, what is `written` in it, and what its owner needs. */
export const also = (source) => sources.push(source);

const pageForms = () => [...document.querySelectorAll("main form[method=post]")].filter((form) => form !== leaves && !form.querySelector("[type=password]"));
const unsent = () => [...pageForms().filter(begun).map((form) => ({ name: nameOf(form), ...written(form) })), ...sources.flatMap((source) => source())];

document.addEventListener("submit", (event) => {
  const { target } = event;
  if (!event.defaultPrevented) leaves = target;
  if (!target.matches("[data-language]")) return;
  target.elements.next.value = location.pathname + location.search;
  const records = unsent();
  if (records.length) sessionStorage.setItem(KEY, JSON.stringify(records));
});
window.addEventListener("beforeunload", (event) => {
  if (!leaves?.matches("[data-language]") && unsent().length) event.preventDefault();
});

for (const form of pageForms()) {
  const record = typed.find(({ name }) => name === nameOf(form));
  if (record) fill(form, record);
}
