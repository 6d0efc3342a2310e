/** The queue. While somebody uses it nothing in it moves: rows change in place, and new ones wait behind a bar. */
import { tick } from "./clock.js";
import { word } from "./words.js";

const box = document.getElementById("queue-box");
const list = document.getElementById("queue");
const bar = document.getElementById("queue-new");
const IN_USE = 6000;

let used = 0;
let waiting = null; // the newer list, not shown yet
let selected = null;
let sought = null; // the case whose row is to be seen when it comes

export const rows = () => [...list.querySelectorAll("a[data-case]")];
const rowOf = (id) => list.querySelector(`#q${id} > a`);

export function use() {
  used = Date.now();
}

const inUse = () => Date.now() - used < IN_USE;

/** Take a newer list in: at once when it was asked for, else behind the bar while the list is in use. */
export function take(fresh, asked = false) {
  if (inUse() && !asked) hold(fresh);
  else show(fresh);
}

function hold(fresh) {
  waiting = fresh;
  const ids = new Set([...list.querySelectorAll("li")].map((row) => row.id));
  const coming = [...fresh.content.querySelectorAll("li")];
  for (const row of coming.filter((one) => ids.has(one.id))) replace(row);
  for (const row of list.querySelectorAll("li")) row.classList.toggle("gone", !fresh.content.getElementById(row.id));
  const added = coming.filter((row) => !ids.has(row.id)).length;
  bar.hidden = !added;
  bar.textContent = word("new", { n: added });
  mark();
  tick(list);
}

function replace(row) {
  const old = document.getElementById(row.id);
  if (old.outerHTML === row.outerHTML) return;
  const focused = old.contains(document.activeElement);
  const copy = row.cloneNode(true);
  old.replaceWith(copy);
  if (focused) copy.querySelector("a").focus({ preventScroll: true });
}

function show(fresh) {
  const before = new Set([...list.querySelectorAll("li")].map((row) => row.id));
  const top = box.scrollTop;
  const focused = document.activeElement?.closest("#queue li")?.id;
  list.replaceChildren(fresh.content.cloneNode(true));
  if (before.size) for (const row of list.querySelectorAll("li")) if (!before.has(row.id)) row.classList.add("fresh");
  waiting = null;
  bar.hidden = true;
  box.scrollTop = top;
  if (focused) document.querySelector(`#${focused} a`)?.focus({ preventScroll: true });
  mark();
  tick(list);
  if (rowOf(sought)) reveal(sought);
}

/** Its row is scrolled to, now or when it comes. */
export function reveal(id) {
  sought = rowOf(id) ? null : id;
  rowOf(id)?.scrollIntoView({ block: "nearest" });
}

export function release() {
  if (waiting) show(waiting);
}

export function select(id) {
  selected = id;
  mark();
  rowOf(id)?.scrollIntoView({ block: "nearest" });
}

function mark() {
  for (const row of rows()) row.toggleAttribute("aria-current", Number(row.dataset.case) === selected);
}

/** Ask for the rows below the last one; false where there are none. */
export function more() {
  const button = list.querySelector("[data-more]");
  button?.click();
  return Boolean(button);
}

/** The case `step` rows from the selected one. */
export function neighbour(step) {
  const all = rows();
  const now = all.findIndex((row) => Number(row.dataset.case) === selected);
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + step, 0), all.length - 1)];
  return next ? Number(next.dataset.case) : null;
}

for (const sign of ["pointermove", "wheel", "keydown", "focusin"]) box.addEventListener(sign, use, { passive: true });
bar.addEventListener("click", release);
setInterval(() => !inUse() && release(), 2000);
