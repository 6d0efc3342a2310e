/** Whom to send: the list, units chosen by hand beside it, and whether what it says is still true. */
import { there } from "./drafts.js";
import { load } from "./swap.js";
import { word } from "./words.js";

const panel = document.getElementById("case");
let working = false; // whether units worked on the case as it was shown last

const list = () => document.getElementById("recommendation");
const form = () => panel.querySelector(".units-form");
const stateOf = () => panel.querySelector(".panel")?.dataset.state ?? "";
const boxes = (which = "") => [...(list()?.querySelectorAll(`[name=units]${which}`) ?? [])];
const rowOf = (code, inside = form()) => inside?.querySelector(`.unit[data-code="${CSS.escape(code)}"]`);

/** Ask for the list; until it is there the one before takes no key. */
async function ask(url) {
  const box = list();
  if (!box) return;
  box.inert = true;
  await load(url, box);
  box.inert = false;
}

export const recommend = (id) => ask(`/console/${id}/recommendation`);

/** After the panel came in: ask at once where nobody works on the case, or not any more, or where an act asks for it. */
export function shown(id, { morphed, again }) {
  const open = Boolean(panel.querySelector(".panel")?.dataset.open && panel.querySelector("#recommend"));
  const works = Boolean(panel.querySelector(".works"));
  const left = morphed && working && !works;
  working = works;
  if (open && (again || left || (!morphed && !works))) recommend(id);
  else if (morphed) compare();
}

/** What has changed with units of the list since it was asked for, as far as the strip knows. */
const changed = (which = "") => boxes(which).filter(gone).map((box) => box.value);

function gone(box) {
  const { code, off } = box.closest(".unit").dataset;
  const chip = document.getElementById(`u${code}`);
  if (!chip) return false;
  return off ? chip.dataset.on !== off : Boolean(chip.dataset.on || chip.dataset.meaning !== "available");
}

/** It came in: what was true then. */
export function came() {
  list().dataset.state = stateOf();
  list().dataset.changed = changed().join(" ");
  readBack();
}

/** A list that is no longer true can't be sent from: the case is another, or a chosen unit has gone since. */
export function compare() {
  if (list()?.dataset.state === undefined) return;
  const before = list().dataset.changed.split(" ");
  if (list().dataset.state !== stateOf() || changed(":checked").some((unit) => !before.includes(unit))) outdate();
}

export function outdate() {
  const send = list()?.querySelector("[data-key=s]");
  if (!send || send.disabled) return;
  send.disabled = true;
  send.before(Object.assign(document.createElement("p"), { className: "notice bad small", role: "alert", textContent: word("outdated") }));
}

/** Who goes stands on the button itself. */
function readBack() {
  const signs = boxes(":checked").map((box) => box.closest(".unit").querySelector("b").textContent);
  const place = list()?.querySelector("[data-sends]");
  if (place) place.textContent = signs.join(", ");
}

/** A unit that was found by hand stands among the chosen ones, once. */
function take(row) {
  const there = [...form().querySelectorAll(".unit")].find((one) => one.dataset.code === row.dataset.code && !one.closest("#unit-hits"));
  const kept = there ?? row;
  if (!there || there.closest("details")) form().querySelector("#unit-chosen").append(kept);
  const box = kept.querySelector("[name=units]");
  if (!box) return false; // it works on this case
  box.checked = true;
  kept.scrollIntoView({ block: "nearest" });
  if (gone(box)) list().dataset.changed += ` ${box.value}`; // it is known how it is
  readBack();
  return true;
}

/** Choose any unit for the case that is shown, by its code. */
export async function choose(id, code) {
  if (there() === id && !form()) await recommend(id);
  if (there() !== id || !form()) return;
  if (rowOf(code)) return void take(rowOf(code));
  const answer = await fetch(`/console/${id}/choice?q=${encodeURIComponent(code)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  const found = document.createElement("template");
  found.innerHTML = answer?.ok ? await answer.text() : "";
  const row = rowOf(code, found.content);
  if (row && there() === id && form()) take(row); // another case may be there by now
}

/** An Enter takes the first unit found, once what was found is what is typed. */
function enter() {
  const input = document.getElementById("unit-sought");
  const hits = document.getElementById("unit-hits");
  if (hits.querySelector("[data-sought]")?.dataset.sought !== input.value.trim()) return void (input.dataset.awaits = "");
  delete input.dataset.awaits;
  const first = hits.querySelector(".unit:has([name=units])");
  if (!first || !take(first)) return;
  input.value = "";
  hits.replaceChildren();
  if (first.dataset.off) document.getElementById("divert-why")?.focus();
  else input.blur(); // the next key is a command again
}

panel.addEventListener("change", ({ target }) => {
  if (target.matches("#unit-hits [name=units]")) {
    take(target.closest(".unit"));
    document.getElementById("unit-hits").replaceChildren();
  } else if (target.name === "units") readBack();
  else if (target.matches("select[data-more]") && target.value) ask(`${target.dataset.more}${target.value}`);
});
panel.addEventListener("click", ({ target }) => {
  const more = target.closest("button[data-more]");
  if (more) ask(more.dataset.more);
});
panel.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || event.target.id !== "unit-sought") return;
  event.preventDefault();
  enter();
});
panel.addEventListener("input", ({ target }) => target.id === "unit-sought" && delete target.dataset.awaits);
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "unit-sought" && ctx.sourceElement.dataset.awaits !== undefined) enter();
});
