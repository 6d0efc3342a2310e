/** The console: queue, map, case and units on one screen, kept true by the stream. */
import { giveDraft, keepDraft, there } from "./acts.js";
import { tick } from "./clock.js";
import * as map from "./console-map.js";
import { typing } from "./keys.js";
import * as queue from "./queue.js";
import { say } from "./said.js";
import { follow } from "./stream.js";
import { load, placeOf } from "./swap.js";
import * as take from "./take.js";
import { word } from "./words.js";

const body = document.body;
const panel = document.getElementById("case");
const away = document.getElementById("away");
const LONGEST = 4000; // ms that the lists may take
let chosen = Number(body.dataset.chosen) || null;
let asked = 0;
let drawn = 0;

/** Show a case everywhere: queue, map, panel, address. Until it is there the panel of the one before takes nothing. */
async function choose(id) {
  if (!id || (id === there() && !panel.inert)) return;
  keepDraft();
  chosen = id;
  queue.select(id);
  history.replaceState(null, "", `/console/${id}/`);
  panel.inert = true;
  await load(`/console/${id}/panel`, panel);
  if (chosen !== id) return;
  panel.inert = false;
  if (there() !== id) missing(id);
}

function missing(id) {
  const box = Object.assign(document.createElement("div"), { className: "nothing" });
  const again = Object.assign(document.createElement("button"), { type: "button", textContent: word("again") });
  again.addEventListener("click", () => choose(id));
  box.append(Object.assign(document.createElement("p"), { textContent: word("unloaded", { n: id }) }), again);
  panel.replaceChildren(box);
}

function shown(morphed) {
  const article = panel.querySelector("[data-case]");
  if (!article) return;
  chosen = Number(article.dataset.case);
  queue.select(chosen);
  const { lon, lat } = article.dataset;
  map.choose({ id: chosen, lon: Number(lon) || null, lat: Number(lat), priority: Number(panel.querySelector(".p")?.textContent.match(/\d/)) });
  nextStep();
  if (morphed) return compare();
  giveDraft();
  if (article.dataset.open && !panel.querySelector(".works") && panel.querySelector("#recommend")) recommend(chosen);
}

const recommend = (id) => load(`/console/${id}/recommendation`, document.getElementById("recommendation"));

const stateOf = () => panel.querySelector(".panel")?.dataset.state ?? "";

/** The units of the list that are not free, as far as the strip of units knows. */
const taken = (list, which = "") =>
  [...list.querySelectorAll(`[name=units]${which}`)]
    .map(({ value }) => document.getElementById(`u${value}`))
    .filter((chip) => chip && (chip.dataset.on || chip.dataset.meaning !== "available"))
    .map((chip) => chip.id);

/** A list that is no longer true can't be sent from: the case is another, or a chosen unit has gone since. */
function compare() {
  const list = document.getElementById("recommendation");
  if (list?.dataset.state === undefined) return;
  const before = list.dataset.taken.split(" ");
  if (list.dataset.state !== stateOf() || taken(list, ":checked").some((unit) => !before.includes(unit))) outdate(list);
}

function outdate(list) {
  const send = list.querySelector("[data-key=s]");
  if (!send || send.disabled) return;
  send.disabled = true;
  send.before(Object.assign(document.createElement("p"), { className: "notice bad small", role: "alert", textContent: word("outdated") }));
}

/** The step that comes next for the chosen unit is the main one. */
function nextStep() {
  const next = panel.querySelector("[name=unit]:checked")?.dataset.next;
  for (const button of panel.querySelectorAll("[data-move]")) button.classList.toggle("main", button.dataset.move === next);
}

/** A burst of news is one refresh, and never more than one a second. */
function soon(work) {
  let last = 0;
  let timer = null;
  const run = () => {
    timer = null;
    last = Date.now();
    work();
  };
  return () => (timer ??= setTimeout(run, Math.max(150, last + 1000 - Date.now())));
}

async function refresh() {
  const mine = ++asked;
  const given = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(LONGEST) };
  const answer = await fetch("/console/fresh", given).catch(() => null);
  const text = await answer?.text().catch(() => "");
  const whole = document.createElement("template");
  whole.innerHTML = answer?.ok ? text : "";
  const part = (name) => whole.content.querySelector(`[data-part=${name}]`);
  up.signed = answer?.status !== 401;
  reached("lists", !up.signed || Boolean(part("queue")));
  if (!part("queue") || mine < drawn) return;
  drawn = mine;
  queue.take(part("queue"));
  for (const name of ["counts", "units"]) replace(document.getElementById(name), part(name));
  compare();
}

/** Nothing is touched that has not changed: an open definition stays open. */
function replace(element, fresh) {
  if (element.dataset.last === fresh.innerHTML) return;
  element.dataset.last = fresh.innerHTML;
  element.replaceChildren(fresh.content);
  tick(element);
}

const refreshLists = soon(refresh);
const refreshMap = soon(map.refresh);
const refreshPanel = soon(() => {
  if (!chosen || panel.inert) return;
  if (chosen === there()) load(`/console/${chosen}/panel`, panel, "innerMorph");
  else choose(chosen);
});

function line({ thread }) {
  refreshLists();
  refreshMap();
  if (thread === `case:${chosen}`) refreshPanel();
}

const up = { stream: true, lists: true, signed: true };

/** Old news must not look like new ones: while either way to the server is cut, it is said. */
function reached(way, well) {
  up[way] = well;
  away.hidden = up.stream && up.lists && up.signed;
  away.textContent = away.hidden ? "" : word(up.signed ? "away" : "signedout");
}

function state(well) {
  reached("stream", well);
  if (well) [refreshLists, refreshPanel].forEach((work) => work());
}

async function openTake() {
  if ((await take.open(map.lastPoint())) === false) say(word("failed"));
}

function putAway() {
  if (take.isOpen()) take.close({ keep: true });
  else {
    document.getElementById("act-form")?.replaceChildren();
    map.unpoint();
  }
}

/** Before a case comes in: only the chosen one does, and when it is another one the next key is a command. */
function swapping(event) {
  const { ctx } = event.detail;
  if (placeOf(ctx) !== panel || ctx.request.method !== "GET") return;
  if (ctx.request.action !== `/console/${chosen}/panel`) event.preventDefault();
  else if (!String(ctx.swap).includes("Morph") && panel.contains(document.activeElement)) document.activeElement.blur();
}

function swapped({ detail: { ctx } }) {
  const target = placeOf(ctx);
  if (target === panel) shown(String(ctx.swap).includes("Morph"));
  if (target?.id === "recommendation") {
    target.dataset.state = stateOf();
    target.dataset.taken = taken(target).join(" ");
    map.join(JSON.parse(target.querySelector("#joins")?.textContent ?? "[]"));
  }
  if (target?.id === "act-form" && !typing(document.activeElement)) target.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
  if (target?.id === "refusal") {
    if (ctx.sourceElement.matches(".units-form")) outdate(document.getElementById("recommendation"));
    refreshPanel();
  }
}

document.addEventListener("htmx:before:swap", swapping);
document.addEventListener("htmx:after:swap", swapped);
document.addEventListener("taken", ({ detail }) => {
  const id = Number(detail.value ?? detail);
  const watched = take.isOpen();
  take.close();
  map.unpoint();
  if (watched) choose(id);
  else say(word("taken"), id);
  queue.release();
  refreshLists();
});
document.addEventListener("case", ({ detail }) => choose(Number(detail)));
document.addEventListener("pointed", ({ detail }) => take.point(detail));
document.addEventListener("unplaced", ({ target }) => target.closest("#take") && map.unpoint());
document.addEventListener("placed", ({ detail, target }) => {
  map.pointAt(detail.lon, detail.lat, { fly: true, quiet: true, text: detail.text, kind: detail.kind });
  if (target.id === "find") document.activeElement.blur();
  else take.next();
});
document.addEventListener("change", ({ target }) => target.name === "unit" && nextStep());
document.addEventListener("click", (event) => {
  const row = event.target.closest("a[data-case]");
  if (row && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    choose(Number(row.dataset.case));
  }
  if (event.target.closest("#take [data-away]")) take.close();
  else if (event.target.closest("[data-away]")) putAway();
  if (event.target.closest("[data-unlook]")) unlook(event);
});
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && !typing(event.target)) putAway();
  if (event.key === "Enter" && event.ctrlKey && event.target.form?.matches("[hx-post]")) event.target.form.requestSubmit();
});

function unlook(event) {
  event.preventDefault();
  document.getElementById("contact").removeAttribute("hx-morph-skip");
  refreshPanel();
}
document.getElementById("next").addEventListener("click", () => (queue.use(), choose(queue.neighbour(1))));
document.getElementById("previous").addEventListener("click", () => (queue.use(), choose(queue.neighbour(-1))));
panel.addEventListener("click", ({ target }) => {
  if (target.id !== "next-unit") return;
  const all = [...panel.querySelectorAll("[name=unit]")];
  const next = all[(all.findIndex((unit) => unit.checked) + 1) % all.length];
  next.checked = true;
  nextStep();
});
document.getElementById("take-call").addEventListener("click", openTake);

shown();
take.prepare();
if (!chosen) choose(queue.neighbour(1));
map.start();
follow(Number(body.dataset.after), { line, state });
setInterval(refreshLists, 5000);
