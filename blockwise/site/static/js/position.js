/** Sends where the unit is, while it is on duty and whoever holds the phone wants it. Nothing is kept on the phone. */
import { cityNow } from "./clock.js";
import { used } from "./hand.js";
import { csrf, word } from "./words.js";

const button = document.getElementById("position");
const said = document.getElementById("position-said");
const EVERY = 10000; // ms between two batches
const MOST = 100; // fixes held while there is no connection

let unit = "";
let onDuty = false;
let watch = null;
let fixes = [];
let sent = 0;

export function start(code, duty) {
  unit = code;
  onDuty = duty;
  button.addEventListener("click", () => (watch === null ? begin() : end("")));
  setInterval(send, 1000);
}

/** The unit came on duty or went off: off duty nothing is sent. */
export function duty(now) {
  onDuty = now;
  if (!now && watch !== null) end(word("fix-off"));
}

function begin() {
  if (!onDuty) return say(word("fix-off"));
  if (!navigator.geolocation) return say(word("fix-none"));
  watch = navigator.geolocation.watchPosition(take, () => end(word("fix-none")), { enableHighAccuracy: true, maximumAge: 5000 });
  button.setAttribute("aria-pressed", "true");
  say(word("fix-wait"));
}

function end(words) {
  navigator.geolocation?.clearWatch(watch);
  watch = null;
  fixes = [];
  sent = 0;
  button.setAttribute("aria-pressed", "false");
  say(words);
}

function take({ coords, timestamp }) {
  const at = new Date(cityNow() - Math.max(0, Date.now() - timestamp)).toISOString();
  fixes = [...fixes, { unit, lon: coords.longitude, lat: coords.latitude, at, accuracy_m: Math.round(coords.accuracy) }].slice(-MOST);
  send();
}

async function send() {
  if (watch === null || !fixes.length || Date.now() - sent < EVERY) return;
  sent = Date.now();
  const batch = fixes;
  const answer = await fetch("/api/positions", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(batch),
    signal: AbortSignal.timeout(EVERY),
  }).catch(() => null);
  if (watch === null) return;
  if (!answer || answer.status >= 500) return say(word("fix-held"));
  if (answer.ok) used();
  fixes = fixes.filter((fix) => !batch.includes(fix));
  const { ignored = [], detail = "" } = await answer.json().catch(() => ({}));
  const reason = answer.ok ? ignored.at(-1)?.reason : detail;
  say(reason ?? word("fix-sent", { time: new Date(cityNow()).toLocaleTimeString("en-GB", { timeZone: document.body.dataset.zone || undefined }), n: batch.at(-1).accuracy_m }));
}

const say = (words) => (said.textContent = words);
