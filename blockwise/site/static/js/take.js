/** The form for a call. It is there before it is asked for and begins empty; put away, what was typed is kept until it is
 *  taken up again or discarded. */
import { begun, fill, nameOf, written } from "./fields.js";
import { also, claim } from "./kept.js";
import { load } from "./swap.js";
import { take as takePlace } from "./place.js";

const box = document.getElementById("take");
const panel = document.getElementById("case");
const again = document.getElementById("take-again");
const spare = document.createElement("div"); // where the next form comes in, so that it never takes the place of one in use
let ready = null; // an empty form, before it is asked for
let coming = null;
const FORM = "/console/take";
const kept = []; // calls begun and put away, the last one last: a form, or what was written in one before the language was switched

export const isOpen = () => !box.hidden;
const place = () => box.querySelector("[data-place]");

spare.hidden = true;
box.after(spare);

/** Have a fresh form ready. */
export const prepare = () => (coming ??= fetchForm());

async function fetchForm() {
  await load(FORM, spare);
  ready = spare.querySelector("form");
  ready?.remove();
  coming = null;
  return ready;
}

/** A new call begins empty, always; `again`: the one that was begun last and put away is taken up. */
export async function open({ again = false } = {}) {
  if (isOpen()) return focus();
  box.hidden = false;
  panel.hidden = true;
  const begunOne = again ? kept.pop() : null;
  const shown = begunOne instanceof Element ? begunOne : ready || (await prepare());
  if (shown === ready) ready = null;
  if (!shown) {
    if (begunOne) kept.push(begunOne);
    close();
    return false;
  }
  box.replaceChildren(shown);
  if (begunOne && begunOne !== shown) fill(shown, begunOne);
  mark();
  focus();
  return true;
}

const focus = () => box.querySelector("input[name='place.text']")?.focus();

/** Back to the case; what was typed is kept, unless it is taken or thrown away. */
export function close({ keep = false } = {}) {
  const now = box.querySelector("form");
  if (keep && now?.matches(".htmx-request")) return; // its answer is on the way
  box.hidden = true;
  panel.hidden = false;
  now?.remove();
  if (keep && now && begun(now)) kept.push(now);
  box.replaceChildren();
  mark();
  if (!ready) prepare();
}

function mark() {
  again.hidden = !kept.length;
  again.querySelector("b").textContent = kept.length > 1 ? kept.length : "";
}

/** Calls that were begun before the language was switched; whether one of them was open. */
export function recall() {
  const records = claim(/^\/console\/take$/);
  kept.push(...records);
  mark();
  return records.some((record) => record.open);
}

/** The open one last, as it is the next to be taken up. */
also(() => {
  const now = box.querySelector("form");
  const forms = kept.map((one) => (one instanceof Element ? { name: nameOf(one), ...written(one) } : one));
  return now && begun(now) ? [...forms, { name: nameOf(now), ...written(now), open: true }] : forms;
});

/** The place that was pointed at, or the next question of the call after one was found. */
export function point(found) {
  if (!isOpen() || !place()) return false;
  takePlace(place(), found);
  return true;
}

export const next = () => box.querySelector("type-box input, [name=type]")?.focus();
export const describe = () => box.querySelector("[name=description]")?.focus();
