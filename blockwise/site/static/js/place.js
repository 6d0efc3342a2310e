/** The place input: hits are walked with the arrows and taken with Enter; taking one shows who answers there. */
import { load } from "./swap.js";

const box = (element) => element.closest("[data-place]");
const hits = (place) => [...place.querySelectorAll(".hit")];

export function take(place, { lon, lat, text, kind }) {
  const set = (name, value) => {
    const input = place.querySelector(`[name="place.${name}"]`);
    if (input && value !== undefined) input.value = value;
  };
  set("lon", lon);
  set("lat", lat);
  if (text === undefined && place.dataset.from === "hit") set("text", ""); // the words of another place
  set("text", text);
  set("kind", kind);
  place.dataset.from = text === undefined ? "map" : "hit";
  open(place, []);
  if (place.querySelector(".answers")) answer(place, lon, lat);
  const detail = { lon: Number(lon), lat: Number(lat), text, kind };
  place.dispatchEvent(new CustomEvent("placed", { bubbles: true, detail }));
}

/** Show which hits there are to choose from; none puts them away. */
function open(place, found) {
  const input = place.querySelector("[role=combobox]");
  if (!found.length) place.querySelector(".hits").replaceChildren();
  found.forEach((hit, index) => (hit.id = `hit-${index}`));
  input.setAttribute("aria-expanded", String(found.length > 0));
  input.removeAttribute("aria-activedescendant");
}

export function answer(place, lon, lat) {
  load(`/places/at?lon=${encodeURIComponent(lon)}&lat=${encodeURIComponent(lat)}`, place.querySelector(".answers"));
}

function walk(place, step) {
  const all = hits(place);
  if (!all.length) return;
  const now = all.findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  all.forEach((hit) => hit.setAttribute("aria-selected", "false"));
  const next = all[(now + step + all.length) % all.length];
  next.setAttribute("aria-selected", "true");
  place.querySelector("[role=combobox]").setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

/** Hits that are shown and belong to other words than those in the box are none to take. */
const current = (place) => place.dataset.shown === place.querySelector("[role=combobox]").value;

/** Other words are another place; a point on the map stays, whatever is said about it. */
function typed(place) {
  delete place.dataset.enter;
  if (place.dataset.from !== "hit") return;
  for (const name of ["lon", "lat"]) {
    const input = place.querySelector(`[name="place.${name}"]`);
    if (input) input.value = "";
  }
  delete place.dataset.from;
  place.querySelector(".answers")?.replaceChildren();
  place.dispatchEvent(new CustomEvent("unplaced", { bubbles: true }));
}

document.addEventListener("input", ({ target }) => target.matches?.("[data-place] [role=combobox]") && typed(box(target)));

document.addEventListener("keydown", (event) => {
  if (event.isComposing || !event.target.matches?.("[data-place] [role=combobox]")) return;
  const place = box(event.target);
  if (event.key === "ArrowDown") walk(place, 1);
  else if (event.key === "ArrowUp") walk(place, -1);
  else if (event.key === "Enter" && !event.ctrlKey && event.target.value && !place.dataset.from && !current(place)) place.dataset.enter = "";
  else if (event.key === "Enter" && !event.ctrlKey && hits(place).length) {
    const chosen = hits(place).find((hit) => hit.getAttribute("aria-selected") === "true") ?? hits(place)[0];
    take(place, chosen.dataset);
  } else return;
  event.preventDefault();
});

document.addEventListener("click", ({ target }) => {
  const hit = target.closest?.("[data-place] .hit");
  if (hit) take(box(hit), hit.dataset);
});

document.addEventListener("change", ({ target }) => {
  if (!target.matches?.('[name="place.lon"], [name="place.lat"]')) return;
  const place = box(target);
  const value = (name) => place.querySelector(`[name="place.${name}"]`).value.trim();
  if (value("lon") && value("lat")) answer(place, value("lon"), value("lat"));
});

document.addEventListener("htmx:after:swap", ({ detail }) => {
  const list = detail.ctx.target;
  if (list?.matches?.("[data-place] .answers") && !box(list).querySelector('[name="place.lon"]').value) list.replaceChildren(); // who answers at a place that was given up meanwhile
  if (!list?.matches?.(".hits")) return;
  const place = box(list);
  const given = new URL(detail.ctx.request.action, location).searchParams;
  place.dataset.shown = given.get("q") ?? given.get("place.text") ?? "";
  open(place, hits(place));
  if (place.dataset.enter === undefined || !current(place)) return;
  delete place.dataset.enter;
  if (hits(place).length) take(place, hits(place)[0].dataset);
});

document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && !event.isComposing && event.target.closest?.("[data-place]");
  if (!place || !hits(place).length) return;
  open(place, []);
  event.preventDefault(); // the first Escape puts the hits away, and nothing else
}, true);
