/** The console: queue, map, case and units on one screen, kept true by the stream. */
import "./acts.js";
import * as alarms from "./alarms.js";
import * as ahead from "./ahead.js";
import { tick } from "./clock.js";
import * as map from "./console-map.js";
import { addNote, discard, giveDraft, keepDraft, putAway as putFormAway, there } from "./drafts.js";
import { typing } from "./keys.js";
import "./openers.js";
import * as narrow from "./narrow.js";
import * as parts from "./parts.js";
import { take as takePlace } from "./place.js";
import * as queue from "./queue.js";
import * as recommendation from "./recommendation.js";
import { say } from "./said.js";
import { follow } from "./stream.js";
import { load, placeOf } from "./swap.js";
import * as take from "./take.js";
import "./type.js";
import * as units from "./units.js";
import "./when.js";
import { word } from "./words.js";

const body = document.body;
const panel = document.getElementById("case");
const away = document.getElementById("away");
const LONGEST = 4000; // ms that the lists may take
let chosen = Number(body.dataset.chosen) || null;
let asked = 0;
let drawn = 0;
let heard = 0; // when the lists were asked for

/** Show a case everywhere: queue, map, panel, address. Until it is there the panel of the one before takes nothing. */
async function choose(id) {
  if (!id || (id === there() && !panel.inert)) return;
  keepDraft();
  units.close(); // what is chosen on a unit's card is chosen for the case before
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

function shown(morphed, again) {
  const article = panel.querySelector("[data-case]");
  if (!article) return;
  chosen = Number(article.dataset.case);
  queue.select(chosen);
  const { lon, lat } = article.dataset;
  map.choose({ id: chosen, lon: Number(lon) || null, lat: Number(lat), priority: Number(panel.querySelector(".p")?.textContent.match(/\d/)) });
  nextStep();
  if (!morphed) giveDraft();
  recommendation.shown(chosen, { morphed, again });
}

/** Pointing on the map gives its place to the form that is open in the panel. */
function pointInPanel(found) {
  const place = panel.querySelector(".actform [data-place]");
  if (place) takePlace(place, found);
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

/** `now`: other rows are wanted, so that they may move. */
async function refresh(now = false) {
  const mine = ++asked;
  heard = Date.now();
  const given = { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(LONGEST) };
  const answer = await fetch(`/console/fresh?${narrow.query()}`, given).catch(() => null);
  const text = await answer?.text().catch(() => "");
  const whole = document.createElement("template");
  whole.innerHTML = answer?.ok ? text : "";
  const part = (name) => whole.content.querySelector(`[data-part=${name}]`);
  up.signed = answer?.status !== 401;
  reached("lists", !up.signed || Boolean(part("queue")));
  if (!part("queue") || mine < drawn) return;
  drawn = mine;
  queue.take(part("queue"), now);
  alarm(part("alarms").content.firstElementChild);
  replace(document.getElementById("counts"), part("counts"));
  units.keepFocus(() => replace(document.getElementById("units"), part("units")));
  recommendation.compare();
}

function alarm({ textContent }) {
  const found = JSON.parse(textContent);
  alarms.take(found);
  parts.tell(found.urgent);
}

/** Nothing is touched that has not changed: an open definition stays open. */
function replace(element, fresh) {
  if (element.dataset.last === fresh.innerHTML) return;
  element.dataset.last = fresh.innerHTML;
  element.replaceChildren(fresh.content);
  tick(element);
}

const refreshLists = soon(() => refresh());
const refreshMap = soon(map.refresh);
const refreshPanel = soon(() => {
  if (!chosen || panel.inert) return;
  if (chosen === there()) load(`/console/${chosen}/panel`, panel, "innerMorph");
  else choose(chosen);
});

/** In the background timers hardly run, so that what must be heard is asked for at once. */
function beat() {
  if (document.hidden) refresh();
  else refreshLists();
}

function line({ thread }) {
  if (document.hidden && Date.now() - heard > 1000) refresh();
  else refreshLists();
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

async function openTake(again, typed = "") {
  ahead.hold("take", [typed].filter(Boolean));
  map.unpoint();
  if ((await take.open({ again })) !== false) {
    return ahead.give("take", document.querySelector("#take form"));
  }
  say(word("failed"));
  ahead.fail("take");
}

/** The form that closes a road at a point; what is typed until it is there is meant for it. */
async function closeRoad(at) {
  if (!at || take.isOpen()) return;
  ahead.hold("road");
  await map.pointAt(at.lon, at.lat, { quiet: true, close: true });
  const form = document.querySelector("#point .closeroad");
  if (form) ahead.give("road", form);
  else ahead.fail("road");
}

function putAway() {
  if (units.close()) return;
  if (take.isOpen()) take.close({ keep: true });
  else {
    putFormAway();
    map.unpoint();
  }
}

/** Before a case comes in: only the chosen one does, and when it is another one the next key is a command. */
function swapping(event) {
  const { ctx } = event.detail;
  ctx.again = ctx.sourceElement.matches("[data-again]"); // afterwards it may be another element
  if (placeOf(ctx) !== panel || ctx.request.method !== "GET") return;
  if (ctx.request.action !== `/console/${chosen}/panel`) event.preventDefault();
  else if (!String(ctx.swap).includes("Morph") && panel.contains(document.activeElement)) document.activeElement.blur();
}

function swapped({ detail: { ctx } }) {
  const target = placeOf(ctx);
  if (target === panel) shown(String(ctx.swap).includes("Morph"), ctx.again);
  if (target?.id === "recommendation") {
    recommendation.came();
    map.join(JSON.parse(target.querySelector("#joins")?.textContent ?? "[]"));
  }
  if (target?.id === "act-form" && ctx.request.method === "GET" && !ctx.quiet) document.getElementById("refusal").replaceChildren(); // it was another form's
  if (target?.id === "act-form" && !typing(document.activeElement)) ahead.first(target)?.focus();
  if (target?.id === "refusal") {
    if (ctx.response.status === 409 && ctx.sourceElement.closest(".units-form")) recommendation.outdate(); // else it is only incomplete
    refreshPanel();
  }
}

document.addEventListener("htmx:before:swap", swapping);
document.addEventListener("htmx:after:swap", swapped);
const saved = ({ sourceElement: source, request }) => request.method === "POST" && source.matches(".takeform");
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!saved(ctx) || ctx.sourceElement.inert) return;
  ctx.entered = document.activeElement;
  ctx.sourceElement.inert = true; // what is typed from now on belongs to the call that is being saved
  ahead.hold("taken", [], "saving");
});
for (const failed of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(failed, ({ detail: { ctx } }) => {
    if (!saved(ctx)) return;
    ctx.sourceElement.inert = false;
    if (ahead.holds("taken")) ahead.back(ctx.entered);
  });
}
document.addEventListener("taken", async ({ detail }) => {
  const id = Number(detail.value ?? detail);
  const watched = take.isOpen();
  take.close();
  map.unpoint();
  narrow.show(id);
  if (watched) queue.reveal(id);
  refresh(true);
  if (watched) await choose(id);
  else say(word("taken"), id);
  if (!ahead.holds("taken")) return;
  const text = ahead.text();
  if (/^n(?![a-z ])/i.test(text)) openTake(false, text.slice(1)); // the key for the next call
  else if (text) addNote(id, text);
});
document.addEventListener("case", ({ detail }) => choose(Number(detail)));
document.addEventListener("closeroad", ({ detail }) => closeRoad(detail));
document.addEventListener("roads", () => recommendation.outdate());
document.addEventListener("unit", ({ detail }) => units.open(detail, chosen));
document.addEventListener("pointed", ({ detail }) => take.point(detail) || pointInPanel(detail));
document.addEventListener("unplaced", ({ target }) => target.closest("form") && map.unpoint());
document.addEventListener("placed", ({ detail, target }) => {
  if (detail) map.pointAt(detail.lon, detail.lat, { fly: true, quiet: true, text: detail.text, kind: detail.kind });
  else map.unpoint();
  if (target.id === "find") document.activeElement.blur();
  else if (target.closest("#take")) take.next();
});
document.addEventListener("typechosen", ({ target }) => target.closest("#take") && take.describe());
document.addEventListener("change", ({ target }) => target.name === "unit" && nextStep());
document.addEventListener("click", (event) => {
  const row = event.target.closest("a[data-case]");
  if (row && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    choose(Number(row.dataset.case));
  }
  const chip = event.target.closest("[data-unit]");
  if (chip) units.open(chip.dataset.unit, chosen);
  const pick = event.target.closest("[data-choose]");
  if (pick && units.close()) recommendation.choose(Number(pick.dataset.for), pick.dataset.choose);
  if (event.target.id === "urgent") choose(Number(event.target.dataset.case));
  if (event.target.closest("#take [data-away]")) take.close();
  else if (event.target.closest("#act-form [data-away]")) discard();
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
document.getElementById("next").addEventListener("click", () => {
  queue.use();
  const next = queue.neighbour(1);
  if (next !== chosen || !queue.more()) choose(next);
});
document.getElementById("previous").addEventListener("click", () => (queue.use(), choose(queue.neighbour(-1))));
panel.addEventListener("click", ({ target }) => {
  if (target.id !== "next-unit") return;
  const all = [...panel.querySelectorAll("[name=unit]")];
  const next = all[(all.findIndex((unit) => unit.checked) + 1) % all.length];
  next.checked = true;
  nextStep();
});
document.getElementById("take-call").addEventListener("click", () => openTake(false));
document.getElementById("take-again").addEventListener("click", () => openTake(true));
document.getElementById("close-road").addEventListener("click", () => closeRoad(map.meant()));

shown();
take.prepare();
if (take.recall()) openTake(true);
if (!chosen) choose(queue.neighbour(1));
if (narrow.start(() => refresh(true))) refresh(true);
map.start();
alarms.start();
alarm(document.getElementById("alarms"));
follow(Number(body.dataset.after), { line, state, beat });
