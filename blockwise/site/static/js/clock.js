/** Clocks that tick in the city's time: `<time data-due>` counts down, then up in red with its word. */
import { word } from "./words.js";

const body = document.body.dataset;
const speed = body.speed === "" ? 1 : Number(body.speed); // 0: a replay that stands still
const cityAt = Date.parse(body.now);
const machineAt = Date.now();

/** The city's time in ms: the machine's, or a replay's own. */
export const cityNow = () => cityAt + (Date.now() - machineAt) * speed;

const two = (n) => String(n).padStart(2, "0");

/** 272 -> "4:32"; 8100 -> "2 h 15 min"; 180000 -> "2 d 2 h". */
export function spell(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  const hours = Math.floor(s / 3600);
  if (hours < 24) return `${word("hour", { n: hours })} ${word("minute", { n: two(Math.floor((s % 3600) / 60)) })}`;
  return `${word("day", { n: Math.floor(hours / 24) })} ${word("hour", { n: hours % 24 })}`;
}

function tickDue(element, now) {
  const left = (Date.parse(element.dataset.due) - now) / 1000;
  const late = left < 0;
  element.classList.toggle("late", late);
  element.classList.toggle("near", !late && left < 60);
  element.textContent = late ? `+${spell(-left)} ${word("late")}` : word("left", { time: spell(left) });
  element.closest("[data-late-row]")?.toggleAttribute("data-late", late);
}

function tickSince(element, now) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(element.dataset.since)) / 60000));
  const long = minutes < 1440 ? word("hour", { n: Math.floor(minutes / 60) }) : word("day", { n: Math.floor(minutes / 1440) });
  element.textContent = minutes < 60 ? word("minute", { n: minutes }) : long;
}

export function tick(root = document) {
  const now = cityNow();
  for (const element of root.querySelectorAll("[data-due]")) tickDue(element, now);
  for (const element of root.querySelectorAll("[data-since]")) tickSince(element, now);
  for (const element of root.querySelectorAll("[data-wall]")) element.textContent = wall(now);
}

const wallFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: body.zone || undefined,
});
const wall = (now) => wallFormat.format(now);

export function start() {
  tick();
  setInterval(tick, 1000);
}
