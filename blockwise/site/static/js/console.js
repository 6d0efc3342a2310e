/** The console: queue, map, case and units on one screen, kept true by the stream. */
import { tick } from "./clock.js";
import * as map from "./console-map.js";
import * as queue from "./queue.js";
import { follow } from "./stream.js";
import { load } from "./swap.js";
import { take as takePlace } from "./place.js";
import { word } from "./words.js";

const body = document.body;
const panel = document.getElementById("case");
const takeBox = document.getElementById("take");
const away = document.getElementById("away");
let chosen = Number(body.dataset.chosen) || null;
let coming = null; // the case whose panel is on its way

/** Show a case everywhere: queue, map, panel, address. */
async function choose(id) {
  if (!id) return;
  chosen = coming = id;
  queue.select(id);
  history.replaceState(null, "", `/console/${id}/`);
  await load(`/console/${id}/panel`, panel);
  if (coming === id) coming = null;
}

function shown() {
  const article = panel.querySelector("[data-case]");
  if (!article) return;
  chosen = Number(article.dataset.case);
  queue.select(chosen);
  const { lon, lat } = article.dataset;
  map.choose({ id: chosen, lon: Number(lon) || null, lat: Number(lat), priority: Number(panel.querySelector(".p")?.textContent.match(/\d/)) });
  nextStep();
  if (article.dataset.open && !panel.querySelector(".works") && panel.querySelector("#recommend")) recommend(chosen);
}

const recommend = (id) => load(`/console/${id}/recommendation`, document.getElementById("recommendation"));

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
  const answer = await fetch("/console/fresh", { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.status === 401) location.reload(); // signed out meanwhile: to the login, and back here
  reached("lists", Boolean(answer?.ok));
  if (!answer?.ok) return;
  const whole = document.createElement("template");
  whole.innerHTML = await answer.text();
  const part = (name) => whole.content.querySelector(`[data-part=${name}]`);
  queue.take(part("queue"));
  for (const name of ["counts", "units"]) replace(document.getElementById(name), part(name));
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
  const there = Number(panel.querySelector(".panel")?.dataset.case);
  if (!coming && chosen && chosen === there) load(`/console/${chosen}/panel`, panel, "innerMorph");
});

function line({ thread }) {
  refreshLists();
  refreshMap();
  if (thread === `case:${chosen}`) refreshPanel();
}

const up = { stream: true, lists: true };

/** Old news must not look like new ones: while either way to the server is cut, it is said. */
function reached(way, well) {
  up[way] = well;
  away.hidden = up.stream && up.lists;
  away.textContent = away.hidden ? "" : word("away");
}

function state(well) {
  reached("stream", well);
  if (well) [refreshLists, refreshPanel].forEach((work) => work());
}

async function openTake(place) {
  takeBox.hidden = false;
  panel.hidden = true;
  await load("/console/take", takeBox);
  const box = takeBox.querySelector("[data-place]");
  if (!box) return; // put away meanwhile
  if (place) takePlace(box, place);
  takeBox.querySelector("input[name='place.text']").focus();
}

function closeTake() {
  takeBox.hidden = true;
  takeBox.replaceChildren();
  panel.hidden = false;
}

function putAway() {
  if (!takeBox.hidden) closeTake();
  document.getElementById("act-form")?.replaceChildren();
  map.unpoint();
}

/** Where an answer goes: a selector where hx-status chose another place. */
const placeOf = ({ target }) => (typeof target === "string" ? document.querySelector(target) : target);

/** Before the panel changes: what was done is put away, and nothing else that somebody is typing. */
function swapping(event) {
  const { ctx } = event.detail;
  if (placeOf(ctx) !== panel) return;
  if (ctx.request.method === "GET") {
    if (!String(ctx.swap).includes("Morph") && panel.contains(document.activeElement)) document.activeElement.blur(); // another case: the next key is a command
    return;
  }
  const { sourceElement: source } = ctx;
  if (!source.isConnected) return event.preventDefault(); // another case is on the screen by now
  const note = document.getElementById("note-form");
  if (source === note) {
    note.reset();
    if (note.contains(document.activeElement)) document.activeElement.blur();
  }
  for (const part of panel.querySelectorAll("[hx-morph-skip]")) if (part !== note || part === source) part.removeAttribute("hx-morph-skip"); // comes back with the answer
}

function swapped({ detail }) {
  const target = placeOf(detail.ctx);
  if (target === panel) shown();
  if (target?.id === "recommendation") map.join(JSON.parse(target.querySelector("#joins")?.textContent ?? "[]"));
  if (target?.id === "act-form") target.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
  if (target?.id === "refusal") refreshPanel();
}

document.addEventListener("htmx:before:swap", swapping);
document.addEventListener("htmx:after:swap", swapped);
document.addEventListener("taken", ({ detail }) => {
  closeTake();
  map.unpoint();
  choose(Number(detail.value ?? detail));
  queue.release();
  refreshLists();
});
document.addEventListener("case", ({ detail }) => choose(Number(detail)));
document.addEventListener("pointed", ({ detail }) => {
  const box = takeBox.querySelector("[data-place]");
  if (box && !takeBox.hidden) takePlace(box, detail);
});
document.addEventListener("placed", ({ detail, target }) => {
  map.pointAt(detail.lon, detail.lat, { fly: true, quiet: true, text: detail.text, kind: detail.kind });
  if (target.id === "find") document.activeElement.blur();
  else takeBox.querySelector("[name=type]")?.focus(); // the next question of the call
});
document.addEventListener("change", ({ target }) => target.name === "unit" && nextStep());
document.addEventListener("click", (event) => {
  const row = event.target.closest("a[data-case]");
  if (row && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    choose(Number(row.dataset.case));
  }
  if (event.target.closest("[data-away]")) putAway();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") putAway();
  if (event.key === "Enter" && event.ctrlKey) event.target.form?.requestSubmit();
});
document.getElementById("next").addEventListener("click", () => (queue.use(), choose(queue.neighbour(1))));
document.getElementById("previous").addEventListener("click", () => (queue.use(), choose(queue.neighbour(-1))));
panel.addEventListener("click", ({ target }) => {
  if (target.id !== "next-unit") return;
  const all = [...panel.querySelectorAll("[name=unit]")];
  const next = all[(all.findIndex((unit) => unit.checked) + 1) % all.length];
  next.checked = true;
  nextStep();
});
document.getElementById("take-call").addEventListener("click", () => openTake(map.lastPoint()));

shown();
if (!chosen) choose(queue.neighbour(1));
map.start();
follow(Number(body.dataset.after), { line, state });
setInterval(refreshLists, 5000);
