/** What was tapped and has no answer yet. It is sent in order, each with its own key, until the server has answered:
 *  an answer that got lost makes nothing twice. A tap outlives a reload of the page; free text stays in memory only. */
import { csrf } from "./words.js";

const name = `outbox:${document.body.dataset.who}`;
const LONGEST = 15000; // ms
const [SOON, SELDOM] = [2000, 20000];

let entries = JSON.parse(localStorage.getItem(name) ?? "[]");
let tell = () => {};
let sending = false;
let pause = SOON;
let timer = null;

export const waiting = () => entries;

/** `told(what, entry, problem)`: what is waiting, sent, refused or signedout. */
export function start(told) {
  tell = told;
  addEventListener("online", flush);
  if (entries.length) tell("waiting", entries[0]);
  flush();
}

/** Keep {url, body, words, act, plain} and send it; `plain` says that it holds no text that somebody wrote. */
export function put(entry) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  entries.push({ ...entry, key });
  save();
  pause = SOON;
  return flush();
}

function save() {
  localStorage.setItem(name, JSON.stringify(entries.filter(({ plain }) => plain)));
}

export async function flush() {
  if (sending || !entries.length) return;
  sending = true;
  clearTimeout(timer);
  while (entries.length && (await answered(entries[0])));
  sending = false;
  if (!entries.length) return;
  timer = setTimeout(flush, pause);
  pause = Math.min(pause * 2, SELDOM);
}

async function answered(entry) {
  const answer = await post(entry);
  if (!answer || answer.status >= 500 || answer.status === 429 || answer.status === 401) {
    tell(answer?.status === 401 ? "signedout" : "waiting", entry);
    return false;
  }
  entries.shift();
  save();
  if (answer.ok) tell("sent", entry);
  else tell("refused", entry, await answer.json().catch(() => ({})));
  return true;
}

const post = ({ url, body, key }) =>
  fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf(), "Idempotency-Key": key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST),
  }).catch(() => null);
