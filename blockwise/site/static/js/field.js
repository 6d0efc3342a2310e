/** A crew's phone: what is tapped is sent once, what is shown is kept true by the stream, and what may be old is said. */
import { cityNow } from "./clock.js";
import { given } from "./fields.js";
import * as outbox from "./outbox.js";
import * as position from "./position.js";
import { follow } from "./stream.js";
import { load } from "./swap.js";
import "./when.js";
import { word } from "./words.js";

const { unit, after } = document.body.dataset;
const now = document.getElementById("now");
const away = document.getElementById("away");
const REST = 1500; // ms in which a tap that was meant for the act before is not taken for the next one
const LOOK = 20000; // ms after which it is asked whether all this still holds

const up = { stream: true, page: true };
let asked = 0;

const state = () => now.querySelector("#state").dataset;
const clockOf = (moment) => new Date(moment).toLocaleTimeString("en-GB", { hour12: false, timeZone: document.body.dataset.zone || undefined });

/** Ask for the page as it is now; a burst of news is one question. */
let timer = null;
const refresh = () => (timer ??= setTimeout(ask, 150));

async function ask() {
  timer = null;
  const mine = ++asked;
  const before = state().at;
  await load(`/field/${unit}/now`, now, "innerMorph");
  if (mine === asked) reached("page", state().at !== before);
}

function reached(way, well) {
  up[way] = well;
  away.hidden = up.stream && up.page && navigator.onLine;
  away.textContent = away.hidden ? "" : word("asof", { time: clockOf(state().at) });
}

/** The biggest button is the first step that was not tapped yet; it rests a moment when it is another than before. */
function promote() {
  const tapped = new Set(outbox.waiting().map(({ url }) => url));
  for (const button of now.querySelectorAll("[data-act]")) button.disabled = tapped.has(button.dataset.tap);
  const next = document.getElementById("next");
  const steps = next?.dataset.path.split(" ").map((act) => now.querySelector(`#tap-${act}`)) ?? [];
  const main = steps.find((button) => button && !button.disabled) ?? null;
  if (main && main.parentElement !== next) {
    for (const before of next.querySelectorAll("button")) (now.querySelector(".taps") ?? next).prepend(before);
    next.append(main);
  }
  for (const step of steps) step?.classList.toggle("main", step === main);
  if (main && promote.act && promote.act !== main.id) rest();
  promote.act = main?.id;
  if (main) main.inert = Date.now() < resting;
}

let resting = 0; // until when

/** Taps that follow each other closely are one: what comes under the thumb meanwhile takes none. */
function rest() {
  resting = Date.now() + REST;
  clearTimeout(rest.timer);
  rest.timer = setTimeout(promote, REST);
}

const unsent = []; // what was written and refused, or left with its case: to be seen until something else is tapped

function say(words, sort) {
  const line = document.getElementById("told");
  line.textContent = [...unsent, words].filter(Boolean).join("\n");
  line.className = unsent.length ? "refused" : sort;
}

/** What became of a tap. */
function heard(sort, entry, problem = {}) {
  const form = document.querySelector(`form[id="${entry.form}"][data-tap="${entry.url}"]`);
  if (sort === "refused") unsent.push([`${entry.words}:`, written(entry), problem.detail, problem.fix].filter(Boolean).join(" "));
  if (sort === "refused") say("", sort);
  else say(word(`tap-${sort}`, { act: entry.words, time: clockOf(cityNow()) }), sort);
  if (form) form.inert = sort === "waiting" || sort === "signedout";
  if (form && sort === "sent") form.matches(".actform") ? form.remove() : form.reset();
  promote();
  if (sort === "sent" || sort === "refused") refresh();
}

/** What somebody wrote into it. */
const written = ({ body, plain }) => (plain ? "" : `“${Object.values(body.data).flatMap((one) => (typeof one === "object" ? Object.values(one) : one)).filter((text) => text !== unit).join(" ")}”`);

/** A note that was begun belongs to its case: it is shown, and not taken along to the next one. */
function leave() {
  const note = now.querySelector("#note-form:not([inert]) textarea");
  if (!note?.value) return;
  unsent.push(word("unsent", { n: state().case, text: note.value }));
  note.value = "";
  say("", "refused");
}

function tap(source, data) {
  unsent.length = 0;
  const { tap: url, status, words } = source.dataset;
  const happened_at = new Date(cityNow()).toISOString();
  const plain = ![...source.querySelectorAll("textarea")].some(({ value }) => value);
  const body = status ? { status, happened_at } : { data, happened_at };
  outbox.put({ url, body, words: words ?? source.textContent.trim(), form: source.matches("form") ? source.id : "", plain });
  promote();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-tap]");
  if (button) tap(button, { unit });
  if (target.closest("[data-away]")) document.getElementById("asked")?.replaceChildren();
});
now.addEventListener("pointerdown", ({ target }) => target.closest(".thumb") && Date.now() < resting && rest());
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-tap]")) return;
  event.preventDefault();
  tap(form, { ...given(form), ...("unitless" in form.dataset ? {} : { unit }) });
  form.inert = true;
});
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  if (ctx.request.action !== `/field/${unit}/now`) return;
  const other = new DOMParser().parseFromString(ctx.text, "text/html").getElementById("state")?.dataset.case !== state().case;
  if (other) leave();
  if (other) for (const kept of now.querySelectorAll("[hx-morph-skip]:not(#told)")) kept.removeAttribute("hx-morph-skip");
  if (other) navigator.vibrate?.([200, 100, 200]);
});
document.addEventListener("htmx:after:swap", () => {
  promote();
  now.querySelector("#asked-form:not(:focus-within)")?.querySelector("input, select, textarea")?.focus();
  position.duty(Boolean(state().duty));
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
for (const news of ["online", "offline"]) addEventListener(news, () => (reached("page", navigator.onLine), refresh()));

outbox.start(heard);
promote();
position.start(unit, Boolean(state().duty));
follow(Number(after), {
  line: refresh,
  state(well) {
    reached("stream", well);
    if (well) [outbox.flush, refresh].forEach((work) => work());
  },
});
setInterval(refresh, LOOK);
