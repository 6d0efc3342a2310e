/** What has to be heard: a new priority 1 call without a unit, a call to which nobody was sent in time, another promise
 *  that is late. Told in words and in the title as well; silenced by one key until the next one comes. */
import * as sound from "./sound.js";
import { word } from "./words.js";

const KINDS = ["urgent", "waits", "late"]; // the most urgent first: of several the first sounds
const AGAIN = 60000; // ms after which a priority 1 to which nobody was sent in time sounds again
const box = document.getElementById("sound");
const line = document.getElementById("alarm");
const button = document.getElementById("sound-button");
const title = document.title;
const kept = `sound:${document.body.dataset.person}`;

let known = read(sessionStorage, "alarms"); // id of a case and kind -> when it sounded; 0: silenced
let owed = null; // what came while no sound was possible
let now = { urgent: [], waits: [], late: [] };

function read(store, name) {
  try {
    return JSON.parse(store.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

/** What is so now, by kind the ids of cases; what is new of it sounds. */
export function take(found) {
  const wanted = settings();
  const at = Date.now();
  const news = { urgent: [], waits: [], late: [] };
  const before = known;
  known = {};
  for (const kind of KINDS) {
    for (const id of found[kind]) {
      const key = `${id} ${kind}`;
      const last = before[key];
      const due = last === undefined || (kind === "waits" && last && found.urgent.includes(id) && at - last >= AGAIN);
      if (due) news[kind].push(id);
      known[key] = due ? at : last;
    }
  }
  now = found;
  sessionStorage.setItem("alarms", JSON.stringify(known));
  sounding(KINDS.find((kind) => news[kind].length && wanted[kind]));
  tell();
}

function sounding(kind) {
  if (!kind || !settings()[kind]) return;
  const blocked = sound.blocked();
  const sounds = sound.play(kind, settings().volume);
  if (sounds || blocked) owed = blocked ? kind : null;
}

const unsilenced = (kind) => now[kind].filter((id) => known[`${id} ${kind}`]);

function tell() {
  const told = KINDS.filter((kind) => unsilenced(kind).length);
  const words = told.map((kind) => word(kind === "late" ? "lateones" : kind, { n: unsilenced(kind).length })).join(" · ");
  if (line.textContent !== words) line.textContent = words;
  const cases = new Set(told.flatMap(unsilenced));
  document.title = cases.size ? `(${cases.size}) ${title}` : title;
}

/** Silence for what is so now; the next one sounds again. */
function silence() {
  for (const key of Object.keys(known)) known[key] = 0;
  sessionStorage.setItem("alarms", JSON.stringify(known));
  tell();
}

function settings() {
  const given = read(localStorage, kept);
  return { urgent: true, waits: true, late: true, volume: 60, ...given };
}

function change() {
  const form = box.querySelector("form");
  const chosen = Object.fromEntries(KINDS.map((kind) => [kind, form.elements[kind].checked]));
  localStorage.setItem(kept, JSON.stringify({ ...chosen, volume: Number(form.elements.volume.value) }));
  mark();
}

/** The button says whether anything can be heard. */
function mark(blocked = sound.blocked()) {
  if (owed && !blocked) sounding(owed);
  const { volume, ...wanted } = settings();
  const state = blocked ? "blocked" : volume && Object.values(wanted).some(Boolean) ? "on" : "off";
  button.dataset.state = state;
  button.title = button.dataset[state];
  button.setAttribute("aria-label", button.title);
  document.getElementById("no-sound").hidden = !blocked;
}

export function start() {
  const { elements } = box.querySelector("form");
  for (const [name, value] of Object.entries(settings())) elements[name][name === "volume" ? "value" : "checked"] = value;
  box.addEventListener("change", change);
  box.addEventListener("click", ({ target }) => {
    if (target.dataset.hear) sound.play(target.dataset.hear, settings().volume, true);
  });
  document.getElementById("silence").addEventListener("click", silence);
  sound.start(mark);
}
