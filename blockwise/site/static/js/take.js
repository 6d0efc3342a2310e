/** The form for a call. It is there before it is asked for, and put away it keeps what was typed until it is discarded. */
import { word } from "./words.js";
import { load } from "./swap.js";
import { take as takePlace } from "./place.js";

const box = document.getElementById("take");
const panel = document.getElementById("case");
const button = document.getElementById("take-call");
let form = null; // while it is put away

export const isOpen = () => !box.hidden;
const place = () => box.querySelector("[data-place]");
const begun = (one) =>
  [...one.elements].some((input) => (input.type === "checkbox" ? input.checked : input.matches("input:not([type=hidden]), textarea") && input.value));

/** Have a fresh form ready. */
export async function prepare() {
  await load("/console/take", box);
  form = box.querySelector("form");
  form?.remove();
  return form;
}

export async function open(point) {
  if (isOpen()) return focus();
  box.hidden = false;
  panel.hidden = true;
  box.dataset.loading = "";
  const again = form && begun(form);
  const shown = form ?? (await prepare());
  delete box.dataset.loading;
  form = null;
  if (!shown) {
    close();
    return false;
  }
  box.replaceChildren(shown);
  mark(false);
  if (point && !again) takePlace(place(), point);
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
  form = keep ? now : null;
  now?.remove();
  box.replaceChildren();
  mark(Boolean(form && begun(form)));
  if (!form) prepare();
}

function mark(kept) {
  button.toggleAttribute("data-kept", kept);
  button.title = kept ? word("kept") : "";
}

/** The place that was pointed at, or the next question of the call after one was found. */
export function point(found) {
  if (isOpen() && place()) takePlace(place(), found);
}

export const next = () => box.querySelector("[name=type]")?.focus();
