/** A session that no hand is on ends. A hand on any page of this browser is told to the server once a minute, and five
 *  minutes before the end the page says so. What a page fetches by itself is no hand. */
import { csrf, word } from "./words.js";

const KEY = "hand"; // when a hand was last told, for all tabs
const TOLD = 60_000; // ms
const BEFORE = 300_000; // ms
const { idle } = document.body.dataset; // seconds; empty when nobody is signed in

const last = () => Number(localStorage.getItem(KEY)) || 0;

let known = 0;

/** The server was sent something by this browser, and has noted it. */
export function used() {
  known = Date.now();
  localStorage.setItem(KEY, known);
  document.getElementById("idle")?.remove();
}

function touch() {
  if (Date.now() - known < TOLD) return; // pointers move often
  known = last();
  if (Date.now() - known < TOLD) return;
  used();
  fetch("/account/here", { method: "POST", headers: { "X-CSRFToken": csrf(), "HX-Request": "true" }, keepalive: true }).catch(() => null);
}

function look() {
  const ends = last() + idle * 1000;
  const left = ends - Date.now();
  if (left > BEFORE || left < 0) {
    document.getElementById("idle")?.remove();
    return;
  }
  if (document.getElementById("idle")) return;
  const said = Object.assign(document.createElement("p"), { id: "idle", className: "notice bad" });
  said.setAttribute("role", "alert");
  const at = new Date(ends).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone });
  said.textContent = word("idle", { time: at });
  document.body.append(said);
}

if (idle) {
  used(); // the page was opened by hand
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(kind, touch, { passive: true, capture: true });
  setInterval(look, 10_000);
}
