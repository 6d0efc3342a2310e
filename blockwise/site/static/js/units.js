/** The strip of units: walked by arrows, and the card of one unit, from its chip or from its dot on the map. */
import { load } from "./swap.js";

const strip = document.getElementById("units");
const box = document.getElementById("unit");
const chips = () => [...strip.querySelectorAll("[data-unit]")];
const chipOf = (code) => strip.querySelector(`[data-unit="${CSS.escape(code)}"]`);
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

let shown = null; // the unit whose card is open
let lit = null; // the unit that is under the pointer or the keyboard, at its chip or at its dot

/** A unit's chip and its dot are one thing: what is said of one is shown at both. */
function mark(opened = false) {
  for (const chip of chips()) {
    const { unit } = chip.dataset;
    chip.setAttribute("aria-expanded", String(unit === shown));
    chip.parentElement.toggleAttribute("data-chosen", unit === shown);
    chip.parentElement.toggleAttribute("data-lit", unit === lit);
  }
  document.dispatchEvent(new CustomEvent("unitmarked", { detail: { lit, shown, opened } }));
}

function light(code) {
  if (code === lit) return;
  lit = code;
  mark();
}

/** Open the card of a unit; what is chosen there is chosen for the case `id`. */
export async function open(code, id) {
  shown = code;
  box.hidden = false;
  mark(true);
  chipOf(code)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  await load(`/console/units/${code}?case=${id ?? ""}`, box);
  if (shown !== code) return;
  (box.querySelector("[data-choose]") ?? box.querySelector("button:not([data-unit-away])") ?? box.querySelector("button"))?.focus();
}

/** True when there was a card to put away. */
export function close() {
  if (box.hidden) return false;
  const inside = box.contains(document.activeElement);
  box.hidden = true;
  box.replaceChildren();
  if (inside && shown) chipOf(shown)?.focus({ preventScroll: true });
  shown = null;
  mark();
  return true;
}

/** The strip was made anew: the keyboard stays where it was. */
export function keepFocus(work) {
  const code = strip.contains(document.activeElement) ? document.activeElement.dataset.unit : null;
  work();
  if (code) (chipOf(code) ?? strip).focus({ preventScroll: true });
  mark();
}

const unitOf = (target) => target.closest?.("[data-unit]")?.dataset.unit ?? target.closest?.(".unit[data-code]")?.dataset.code ?? null;

for (const name of ["pointerover", "focusin"]) {
  document.addEventListener(name, ({ target }) => target.closest?.("#map") || light(unitOf(target)));
}
document.addEventListener("focusout", ({ relatedTarget }) => relatedTarget || light(null));
document.addEventListener("unitlit", ({ detail }) => light(detail));

strip.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const all = chips();
  if (!step || !all.length) return;
  event.preventDefault();
  const now = all.indexOf(document.activeElement);
  all[now < 0 ? 0 : Math.min(Math.max(now + step, 0), all.length - 1)].focus();
});
document.getElementById("to-units").addEventListener("click", () => (chips()[0] ?? strip).focus());
document.addEventListener("click", ({ target }) => target.closest?.("[data-unit-away]") && close());
